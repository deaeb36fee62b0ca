import { memo, type RefObject } from 'react'
import type { Row } from '../list/merge-optimistic.ts'
import { type Decision, decisionOf } from '../status/decision-text.ts'
import { rowText } from '../status/status-text.ts'
import { useNow } from '../status/use-now.ts'
import { reloadPage } from './reload-page.ts'

type Props = {
  readonly row: Row
  readonly field: RefObject<HTMLInputElement | null>
  readonly onRemove: (row: Row) => void
  readonly onRetry: (entryId: string) => void
  readonly onDiscard: (entryId: string) => void
}

export const TodoRow = memo(function TodoRow({ row, field, ...on }: Props) {
  const { title, entry, needsNewerPage } = row
  const decision = entry && decisionOf(entry)
  const now = useNow(entry !== undefined && entry.status.state !== 'needs_person')
  const isCreate = entry?.intent.operation === 'createTodo'
  const hasOwnWayOut = decision !== undefined && isCreate

  return (
    <li className="row">
      <span className="title">{title}</span>
      <span className="word">{rowText(entry, now)}</span>
      {!hasOwnWayOut && !entry?.isDiscarding && !needsNewerPage && (
        <button
          type="button"
          className="icon-button"
          aria-label={`Delete ${title}`}
          onClick={(event) => {
            focusNeighbour(event.currentTarget, field.current)
            on.onRemove(row)
          }}
        >
          <Bin />
        </button>
      )}
      {entry && decision && (
        <DecisionLine
          decision={decision}
          discard={isCreate ? 'Discard' : 'Keep it'}
          onRetry={() => on.onRetry(entry.id)}
          onDiscard={() => on.onDiscard(entry.id)}
        />
      )}
      {needsNewerPage && (
        <div className="decision">
          <p className="text-quiet">Needs a newer page: reload.</p>
          <div className="-mr-3 ml-auto">
            <button type="button" className="quiet-button" onClick={reloadPage}>
              Reload
            </button>
          </div>
        </div>
      )}
    </li>
  )
})

type DecisionProps = {
  readonly decision: Decision
  /** The label of the discard button. */
  readonly discard: string
  readonly onRetry: () => void
  readonly onDiscard: () => void
}

function DecisionLine({
  decision: { words, actions },
  discard,
  onRetry,
  onDiscard,
}: DecisionProps) {
  return (
    <div className="decision">
      <p>{words}</p>
      <div className="-mr-3 ml-auto">
        {actions.includes('try_again') && (
          <button type="button" className="quiet-button" onClick={onRetry}>
            Try again
          </button>
        )}
        {actions.includes('discard') && (
          <button type="button" className="quiet-button" onClick={onDiscard}>
            {discard}
          </button>
        )}
      </div>
    </div>
  )
}

/** Moves the focus before the row is removed: to the next row, the previous one, or the field. */
function focusNeighbour(button: HTMLElement, field: HTMLElement | null): void {
  const row = button.closest('li')
  const neighbour = row?.nextElementSibling ?? row?.previousElementSibling
  const target = neighbour?.querySelector('button') ?? field
  target?.focus()
}

function Bin() {
  return (
    <svg
      aria-hidden="true"
      viewBox="0 0 20 20"
      className="size-5"
      fill="none"
      stroke="currentColor"
    >
      <path
        d="M3.5 5.5h13M8 5.5v-2h4v2M5.5 5.5l.7 11h7.6l.7-11M8.4 8.5v5M11.6 8.5v5"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
