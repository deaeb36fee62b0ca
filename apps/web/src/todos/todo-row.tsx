import { memo, type RefObject } from 'react'
import type { Row } from './merge-optimistic.ts'
import { mayTryAgain, refusalWords } from './refusal-words.ts'
import { rowWord } from './status-words.ts'
import { useNow } from './use-now.ts'

type Props = {
  readonly row: Row
  readonly field: RefObject<HTMLInputElement | null>
  readonly onRemove: (row: Row) => void
  readonly onRetry: (entryId: string) => void
  readonly onDiscard: (entryId: string) => void
}

export const TodoRow = memo(function TodoRow({ row, field, ...on }: Props) {
  const { title, entry } = row
  const refusal = entry?.status.state === 'needs_person' ? entry.status.refusal : undefined
  const now = useNow(entry !== undefined && refusal === undefined)
  const wasNeverMade = refusal !== undefined && entry?.intent.operation === 'createTodo'

  return (
    <li className="row">
      <span className="title">{title}</span>
      <span className="word">{rowWord(entry, now)}</span>
      {!wasNeverMade && (
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
      {entry && refusal && (
        <div className="refused">
          <p>{refusalWords(entry.intent, refusal)}</p>
          <div className="-mr-3 ml-auto">
            {mayTryAgain(refusal) && (
              <button type="button" className="quiet-button" onClick={() => on.onRetry(entry.id)}>
                Try again
              </button>
            )}
            <button type="button" className="quiet-button" onClick={() => on.onDiscard(entry.id)}>
              {wasNeverMade ? 'Discard' : 'Keep it'}
            </button>
          </div>
        </div>
      )}
    </li>
  )
})

/** Before the row goes, so that focus is never lost: to the next one, the one before, or the field. */
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
