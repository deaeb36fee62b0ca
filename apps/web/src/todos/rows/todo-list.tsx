import { type RefObject, useState } from 'react'
import type { Row } from '../list/merge-optimistic.ts'
import type { ListState } from '../status/status-text.ts'
import { timeOf } from '../status/status-text.ts'
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
}

export function TodoListView({ rows: all, field, actions, ...empty }: Props) {
  const rows = useChunks(all)
  const [editing, setEditing] = useState<string>()
  const focus = useKeepFocus(rows, field)

  return (
    <>
      <ul aria-label="Todos" className="list" {...focus}>
        {rows.map((row) => (
          <TodoRow
            key={row.id}
            row={row}
            isEditing={row.id === editing}
            onEdit={setEditing}
            actions={actions}
          />
        ))}
      </ul>
      {rows.length === 0 && <Nothing {...empty} />}
    </>
  )
}

/** The reasons for an empty list. */
function Nothing({ list, isFiltered, isSearching }: Omit<Props, 'rows' | 'field' | 'actions'>) {
  if (isSearching || list.state === 'loading') return <p className="nothing late">Loading…</p>
  if (isFiltered) return <p className="nothing">Nothing matches</p>
  if (list.state === 'current') {
    return <p className="nothing">Nothing to do. Press n to add.</p>
  }
  const words =
    list.asOf === undefined
      ? 'Your list cannot be shown until the server answers.'
      : `Your list was empty at ${timeOf(list.asOf)}.`
  return <p className="nothing">{words}</p>
}
