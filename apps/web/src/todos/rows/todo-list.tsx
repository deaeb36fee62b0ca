import { type RefObject, useState } from 'react'
import type { Row } from '../list/merge-optimistic.ts'
import { type Filter, isEverything } from '../list/todo-filter.ts'
import type { ListState } from '../status/status-text.ts'
import { timeOf } from '../status/status-text.ts'
import { RowChunk } from './row-chunk.tsx'
import { useKeepFocus } from './use-keep-focus.ts'
import type { RowActions } from './use-row-actions.ts'
import { useShownRows } from './use-shown-rows.ts'

type Props = {
  readonly rows: readonly Row[]
  readonly list: ListState
  readonly filter: Filter
  readonly isSearching: boolean
  readonly field: RefObject<HTMLInputElement | null>
  readonly actions: RowActions
}

export function TodoListView({ rows: all, filter, field, actions, ...empty }: Props) {
  const { rows, chunks, isAgain } = useShownRows(all, filter)
  const [editing, setEditing] = useState<string>()
  const focus = useKeepFocus(rows, field)
  const shared = { editing, onEdit: setEditing, actions }

  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: between a ul and its li there can be no chunk. */}
      <div role="list" aria-label="Todos" className="list" data-again={isAgain} {...focus}>
        {chunks.map(({ key, rows, isLeaving }) => (
          <RowChunk key={key} rows={rows} isHidden={isLeaving} {...shared} />
        ))}
      </div>
      {rows.length === 0 && <Nothing isFiltered={!isEverything(filter)} {...empty} />}
    </>
  )
}

type NothingProps = Pick<Props, 'list' | 'isSearching'> & { readonly isFiltered: boolean }

/** The reasons for an empty list. */
function Nothing({ list, isFiltered, isSearching }: NothingProps) {
  if (isSearching || list.state === 'loading') return <p className="nothing late">Loading…</p>
  if (isFiltered) return <p className="nothing">Nothing matches</p>
  if (list.state === 'current') {
    return (
      <p className="nothing">
        Nothing to do.<span className="key-hint"> Press n to add.</span>
      </p>
    )
  }
  const words =
    list.asOf === undefined
      ? 'Your list cannot be shown until the server answers.'
      : `Your list was empty at ${timeOf(list.asOf)}.`
  return <p className="nothing">{words}</p>
}
