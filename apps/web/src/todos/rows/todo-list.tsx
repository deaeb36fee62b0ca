import { type RefObject, useEffect, useState, useSyncExternalStore } from 'react'
import { createEdits } from '../editing/create-edits.ts'
import { withEdited } from '../editing/edits.ts'
import type { Row } from '../list/merge-optimistic.ts'
import { type Filter, isEverything } from '../list/todo-filter.ts'
import type { ListState } from '../list/use-todo-list.ts'
import type { TodoOutbox } from '../sending/intent.ts'
import { emptyText } from '../status/empty-text.ts'
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
  readonly outbox: TodoOutbox
}

export function TodoListView({ rows: found, filter, field, actions, outbox, ...empty }: Props) {
  const [edits] = useState(() => createEdits(outbox))
  const open = useSyncExternalStore(edits.subscribe, edits.getSnapshot, edits.getSnapshot)
  useEffect(() => void edits.restore(), [edits])
  const { rows, chunks, isAgain } = useShownRows(withEdited(found, found, open), filter)
  const focus = useKeepFocus(rows, field)
  const isLoading = empty.list.state === 'loading'

  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: between a ul and its li there can be no chunk. */}
      <div
        role="list"
        aria-label="Todos"
        aria-busy={isLoading}
        className="list"
        data-again={isAgain}
        {...focus}
      >
        {chunks.map(({ key, rows, isLeaving }) => (
          <RowChunk key={key} rows={rows} isHidden={isLeaving} {...{ open, edits, actions }} />
        ))}
      </div>
      {rows.length === 0 && <Nothing isFiltered={!isEverything(filter)} {...empty} />}
      {rows.length > 0 && empty.isSearching && <Loading />}
      {empty.list.state === 'partial' && (
        <p className="nothing">The server could not search the rest of the list.</p>
      )}
    </>
  )
}

type NothingProps = Pick<Props, 'list' | 'isSearching'> & { readonly isFiltered: boolean }

function Nothing({ list, isFiltered, isSearching }: NothingProps) {
  if (isSearching || list.state === 'loading') return <Loading />
  const isEmpty = list.state === 'current' && !isFiltered
  return (
    <p className="nothing">
      {emptyText(list, isFiltered)}
      {isEmpty && <span className="key-hint"> Press n to add.</span>}
    </p>
  )
}

function Loading() {
  return <p className="nothing late">Loading…</p>
}
