import type { Row } from '../list/merge-optimistic.ts'
import type { Intent, TodoEntry } from '../sending/intent.ts'
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
  const names = actionNames[isGone(row) ? 'createTodo' : intent.operation]
  // A todo that was not read from the server is not claimed to be there.
  const isRead = isGone(row) || row.version !== undefined
  const isTwo = intent.operation === 'updateTodo' && status.state === 'needs_person' && isRead
  return (
    <div className="decision">
      <p>{words}</p>
      {isTwo && (
        <dl className="texts">
          <dt>Yours</dt>
          <dd>{stateOf(mine(row, entry))}</dd>
          <dt>On the server</dt>
          <dd>{onServer(row)}</dd>
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

const tryAgain = 'Try again'
const actionNames: Record<Intent['operation'], Record<Action, string>> = {
  createTodo: { keep_mine: 'Add it again', try_again: tryAgain, discard: 'Discard' },
  deleteTodo: { keep_mine: 'Delete it', try_again: tryAgain, discard: 'Keep it' },
  restoreTodo: { keep_mine: 'Restore it', try_again: tryAgain, discard: 'Leave it deleted' },
  updateTodo: { keep_mine: 'Keep mine', try_again: tryAgain, discard: 'Take theirs' },
}

type Shown = Pick<Row, 'title' | 'completed'>

/** Only what the person changed; the rest is the server's. */
function mine(row: Row, { intent }: TodoEntry): Shown {
  if (intent.operation !== 'updateTodo') return row
  const { changes, title, completed } = intent
  return {
    title: changes.includes('title') ? title : row.title,
    completed: changes.includes('completed') ? completed : row.completed,
  }
}

function onServer(row: Row): string {
  if (row.isMissing) return 'Not there'
  return isGone(row) ? 'Deleted' : stateOf(row)
}

function stateOf({ title, completed }: Shown): string {
  return completed ? `${title} (done)` : title
}
