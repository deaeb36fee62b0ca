import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from 'react'
import { createEdits } from '../editing/create-edits.ts'
import { withEdited } from '../editing/edits.ts'
import type { Row } from '../list/merge-optimistic.ts'
import { type Filter, isEverything } from '../list/todo-filter.ts'
import { type TodoListView as List, useSettled } from '../list/use-todo-list.ts'
import type { TodoOutbox } from '../sending/intent.ts'
import { emptyText } from '../status/empty-text.ts'
import { createOrder } from './chunks/create-order.ts'
import { LoadMore } from './chunks/load-more.tsx'
import { RowChunk } from './chunks/row-chunk.tsx'
import { useKeepPlace } from './chunks/use-keep-place.ts'
import { usePrintAll } from './chunks/use-print-all.ts'
import { useShownRows } from './chunks/use-shown-rows.ts'
import { useKeepFocus } from './use-keep-focus.ts'
import type { RowActions } from './use-row-actions.ts'

type Props = Pick<List, 'state' | 'isSearching' | 'showMore' | 'pageCount'> & {
  readonly rows: readonly Row[]
  readonly filter: Filter
  readonly field: RefObject<HTMLInputElement | null>
  readonly actions: RowActions
  readonly outbox: TodoOutbox
}

/** A person counts fewer at a glance. */
const countedFrom = 20

export function TodoListView({ rows: found, filter, field, actions, outbox, ...list }: Props) {
  const { state, isSearching, showMore, pageCount } = list
  const [edits] = useState(() => createEdits(outbox))
  const open = useSyncExternalStore(edits.subscribe, edits.getSnapshot, edits.getSnapshot)
  useEffect(() => void edits.restore(), [edits])
  const [order] = useState(createOrder)
  const element = useRef<HTMLDivElement>(null)
  const ordered = order(withEdited(found, found, open), isInUse(element.current) ? 'held' : 'free')
  const { rows, chunks, isAgain, isAll } = useShownRows(ordered, filter)
  const focus = useKeepFocus(rows, field)
  const isLoading = state.state === 'loading'
  const isFiltered = !isEverything(filter)
  const said = useSettled(isFiltered && !isSearching && !isLoading ? foundWords(rows.length) : '')
  useKeepPlace(pageCount)
  usePrintAll({ showMore, isReachable: state.state === 'current', isShown: isAll })

  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: between a ul and its li there can be no chunk. */}
      <div
        ref={element}
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
      <div aria-live="polite">
        {rows.length === 0 ? (
          <Nothing {...{ state, isSearching, isFiltered }} />
        ) : (
          <p className="sr-only">{said}</p>
        )}
      </div>
      {rows.length > 0 && isSearching && <Loading />}
      {state.state === 'partial' && (
        <p className="nothing">The server could not search the rest of the list.</p>
      )}
      <LoadMore onMore={showMore} isShown={isAll} pageCount={pageCount} rowCount={found.length} />
      {showMore ? (
        <p className="nothing print-only">The rest of the list was not loaded.</p>
      ) : (
        rows.length >= countedFrom && <p className="nothing">{countWords(rows)}</p>
      )}
    </>
  )
}

/** While a person points at the list or has the focus in it, nothing moves. */
function isInUse(list: Element | null): boolean {
  return list?.matches(':hover, :focus-within') === true
}

function foundWords(count: number): string {
  return count === 1 ? '1 todo found' : `${count} todos found`
}

function countWords(rows: readonly Row[]): string {
  const done = rows.filter(({ completed }) => completed).length
  return done === 0 ? `${rows.length} todos` : `${rows.length} todos, ${done} done`
}

type NothingProps = Pick<Props, 'state' | 'isSearching'> & { readonly isFiltered: boolean }

function Nothing({ state: list, isFiltered, isSearching }: NothingProps) {
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
