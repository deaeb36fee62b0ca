import { type MouseEvent, useCallback, useMemo } from 'react'
import { usePages } from '../../sync/use-pages.ts'
import { listOf, useKeptList } from '../list/use-todo-list.ts'
import type { Seen } from '../operations/operation.ts'
import type { Todos } from '../sending/create-todos.ts'
import type { TodoSnapshot } from '../sending/intent.ts'
import { mergeDeleted } from './merge-deleted.ts'

type Props = {
  readonly todos: Todos
  readonly snapshot: TodoSnapshot
  readonly onRestore: (todo: Seen) => void
}

/** Deleted todos, which the server keeps for some time. Offline those that this device knows. */
export function DeletedTodos({ todos, snapshot, onRestore }: Props) {
  const { client, outbox } = todos
  const read = useCallback(
    async (cursor: string | undefined, signal: AbortSignal) => {
      const askedAt = Date.now()
      const input = { show: 'deleted' as const, ...(cursor !== undefined && { cursor }) }
      return { ...(await client().listTodos.query(input, { signal })), askedAt }
    },
    [client],
  )
  const { pages, failure, readMore } = usePages(read)
  const fresh = useMemo(() => pages && listOf(pages), [pages])
  const kept = useKeptList({ outbox, name: 'deleted', fresh })
  const rows = mergeDeleted(fresh ?? kept, snapshot)

  return (
    <>
      {failure && (
        <p className="text-small text-quiet">
          The server cannot be reached. These are known on this device.
        </p>
      )}
      {rows.length === 0 ? (
        <p className="text-small text-quiet">
          {pages || failure ? 'Nothing was deleted lately.' : 'Loading…'}
        </p>
      ) : (
        <ul>
          {rows.map((row) => (
            <li key={row.id} className="flex items-center gap-x-3">
              <span dir="auto" className="min-w-0 flex-1 wrap-anywhere">
                {row.title}
              </span>
              <button
                type="button"
                className="quiet-button -mr-3"
                aria-label={`Restore ${row.title}`}
                onClick={(event) => restore(event, row)}
              >
                Restore
              </button>
            </li>
          ))}
        </ul>
      )}
      {readMore && (
        <button type="button" className="quiet-button -ml-3" onClick={readMore}>
          Show more
        </button>
      )}
    </>
  )

  function restore({ currentTarget }: MouseEvent<HTMLElement>, row: Seen): void {
    // Its row is gone then, and the keyboard continues at the next one, or in the panel.
    const own = currentTarget.closest('li')
    const next = own?.nextElementSibling ?? own?.previousElementSibling
    const target = next?.querySelector('button') ?? currentTarget.closest('section')
    target?.focus()
    onRestore(row)
  }
}
