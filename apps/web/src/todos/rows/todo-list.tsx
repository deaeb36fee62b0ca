import { type RefObject, useEffect, useState, useSyncExternalStore } from 'react'
import { createEdits } from '../editing/create-edits.ts'
import { withEdited } from '../editing/edits.ts'
import type { Row } from '../list/merge-optimistic.ts'
import type { TodoOutbox } from '../sending/intent.ts'
import { emptyText } from '../status/empty-text.ts'
import type { ListState } from '../status/status-text.ts'
import { TodoRow } from './todo-row.tsx'
import { useChunks } from './use-chunks.ts'
import { useKeepFocus } from './use-keep-focus.ts'
import type { RowActions } from './use-row-actions.ts'

type Props = {
  readonly rows: readonly Row[]
  readonly list: ListState
  readonly isFiltered: boolean
  readonly isSearching: boolean
  readonly field: RefObject<HTMLInputElement | null>
  readonly actions: RowActions
  readonly outbox: TodoOutbox
}

type Empty = Pick<Props, 'list' | 'isFiltered' | 'isSearching'>

export function TodoListView({ rows: all, field, actions, outbox, ...empty }: Props) {
  const [edits] = useState(() => createEdits(outbox))
  const open = useSyncExternalStore(edits.subscribe, edits.getSnapshot, edits.getSnapshot)
  useEffect(() => void edits.restore(), [edits])
  const rows = withEdited(useChunks(all), all, open)
  const focus = useKeepFocus(rows, field)

  return (
    <>
      <ul aria-label="Todos" aria-busy={empty.list.state === 'loading'} className="list" {...focus}>
        {rows.map((row) => (
          <TodoRow key={row.id} row={row} edit={open.get(row.id)} edits={edits} actions={actions} />
        ))}
      </ul>
      {rows.length === 0 && <Nothing {...empty} />}
      {rows.length > 0 && empty.isSearching && <Loading />}
      {empty.list.state === 'partial' && (
        <p className="nothing">The server could not search the rest of the list.</p>
      )}
    </>
  )
}

function Nothing({ list, isFiltered, isSearching }: Empty) {
  if (isSearching || list.state === 'loading') return <Loading />
  return <p className="nothing">{emptyText(list, isFiltered)}</p>
}

function Loading() {
  return <p className="nothing late">Loading…</p>
}
