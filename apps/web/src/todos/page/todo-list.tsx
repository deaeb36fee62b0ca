import type { RefObject } from 'react'
import type { Row } from '../list/merge-optimistic.ts'
import type { Todos } from '../sending/create-todos.ts'
import type { ListState } from '../status/status-text.ts'
import type { PageError } from './page-error.tsx'
import { TodoRow } from './todo-row.tsx'

type Props = {
  readonly todos: Todos
  readonly rows: readonly Row[]
  readonly list: ListState
  readonly field: RefObject<HTMLInputElement | null>
  readonly onProblem: (problem: PageError | undefined) => void
}

export function TodoListView({ todos, rows, list, field, onProblem }: Props) {
  const { outbox } = todos

  function remove(row: Row): void {
    onProblem(undefined)
    removeTodo(todos, row).catch(() => {
      const words = `Deleting “${row.title}” could not be kept on this device, so it was not deleted.`
      onProblem({ about: 'row', words })
    })
  }

  function attempt(decide: () => Promise<void>): void {
    onProblem(undefined)
    decide().catch(() => {
      onProblem({ about: 'row', words: 'Your decision could not be kept on this device.' })
    })
  }

  return (
    <>
      <ul aria-label="Todos" className="list">
        {rows.map((row) => (
          <TodoRow
            key={row.id}
            row={row}
            field={field}
            onRemove={remove}
            onRetry={(id) => attempt(() => outbox.retry(id))}
            onDiscard={(id) => attempt(() => discard(todos, id))}
          />
        ))}
      </ul>
      {rows.length === 0 && <Nothing list={list} />}
    </>
  )
}

/** The three reasons for an empty list. */
function Nothing({ list }: { readonly list: ListState }) {
  switch (list.state) {
    case 'loading':
      return <p className="nothing late">Loading…</p>
    case 'unreachable':
      return <p className="nothing">Your list cannot be shown until the server answers.</p>
    case 'current':
      return <p className="nothing">No todos yet. Write one above and press Enter.</p>
  }
}

/**
 * A refused delete is replaced by a new one for the todo on the screen. An entry that the storage
 * rejected is dropped: there is no space for a delete behind it.
 */
async function removeTodo({ outbox, remove }: Todos, row: Row): Promise<void> {
  const status = row.entry?.status
  const isUnwritable = status?.state === 'waiting' && row.entry?.lastError?.kind === 'storage'
  if (row.entry && (isUnwritable || status?.state === 'needs_person')) {
    await outbox.discard(row.entry.id)
  }
  if (!isUnwritable) await outbox.add(remove(row))
}

/** Discards a create with its later entries, last first, so that none of them is sent. */
async function discard({ outbox }: Todos, id: string): Promise<void> {
  const { entries } = outbox.getSnapshot()
  const orderingKey = entries.find((entry) => entry.id === id)?.orderingKey
  for (const entry of entries.filter((one) => one.orderingKey === orderingKey).reverse()) {
    await outbox.discard(entry.id)
  }
}
