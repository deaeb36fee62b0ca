import type { Row } from '../list/merge-optimistic.ts'
import type { Shown } from '../operations/operation.ts'
import { operationOf, operations } from '../operations/operations.ts'
import type { TodoEntry } from '../sending/intent.ts'
import type { Action, Decision } from '../status/decision-text.ts'
import { isGone } from './row-changes.ts'

type Props = {
  readonly row: Row
  readonly entry: TodoEntry
  readonly decision: Decision
  readonly onDecide: (action: Action) => void
}

/** What a person decides about an entry. Beside a refused update both texts. */
export function DecisionLine({ row, entry, decision: { words, actions }, onDecide }: Props) {
  const { intent, status } = entry
  const { changeOf, show } = operationOf(intent)
  const { mine, discard } = (isGone(row) ? operations.createTodo : operationOf(intent)).words
  const names: Record<Action, string> = { keep_mine: mine, try_again: againName(entry), discard }
  // A todo that was not read from the server is not claimed to be there.
  const isRead = isGone(row) || row.version !== undefined
  const isTwo = changeOf && status.state === 'needs_person' && isRead
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset in a grid has a height of its own.
    <div role="group" aria-label={row.title} className="decision">
      <p>{words}</p>
      {isTwo && (
        <dl className="texts">
          <dt>Yours</dt>
          <dd dir="auto">{stateOf({ ...row, ...show(intent) })}</dd>
          <dt>On the server</dt>
          <dd dir="auto">{onServer(row)}</dd>
        </dl>
      )}
      <div className="decision-buttons">
        {actions.map((action) => (
          <button
            key={action}
            type="button"
            className="quiet-button"
            onClick={() => onDecide(action)}
          >
            {names[action]}
          </button>
        ))}
      </div>
    </div>
  )
}

/** After its key expired it is not just the same attempt again. */
function againName({ intent, status }: TodoEntry): string {
  const isLate =
    status.state === 'needs_person' &&
    status.question.kind === 'refused' &&
    status.question.refusal.code === 'key_expired'
  return (isLate && operationOf(intent).words.late) || 'Try again'
}

function onServer(row: Row): string {
  if (row.isMissing) return 'Not there'
  return isGone(row) ? 'Deleted' : stateOf(row)
}

function stateOf({ title, completed }: Shown): string {
  return completed ? `${title} (done)` : title
}
