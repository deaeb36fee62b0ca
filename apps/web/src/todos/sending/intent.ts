import { hasMembers } from '@idem/contract/has-members'
import { isTodo } from '@idem/contract/is-todo'
import type { EntryView, Outbox, Outcome, Settled, Snapshot } from '@idem/outbox'
import { type Answer, intentVersion, type TodoRefusal } from '../operations/operation.ts'
import { type Intent, isOperation, operationOf } from '../operations/operations.ts'

export type TodoOutbox = Outbox<Intent, Answer, TodoRefusal>
export type TodoSnapshot = Snapshot<Intent, Answer, TodoRefusal>
export type TodoEntry = EntryView<Intent, TodoRefusal>
export type TodoOutcome = Outcome<Intent, Answer>
export type TodoSettled = Settled<Intent, Answer>

/** Two releases of the page share one outbox; this one does not send intents of a newer one. */
export function acceptsIntent(intent: unknown): intent is Intent {
  if (!hasMembers(intent, { operation: 'string', id: 'string', title: 'string' })) return false
  const { v, operation } = intent
  return v === intentVersion && isOperation(operation) && operationOf(intent).accepts(intent)
}

/** Additional members of a newer server are kept and ignored. */
export function acceptsAnswer(answer: unknown): answer is Answer {
  return isTodo(answer) || isDeleted(answer)
}

/** Only a todo has a version: one that cannot be read is not taken for a deleted one. */
function isDeleted(answer: unknown): boolean {
  if (!hasMembers(answer, { id: 'string' })) return false
  const { tombstoneVersion } = answer
  const isTombstone = tombstoneVersion === undefined || typeof tombstoneVersion === 'number'
  return isTombstone && !('version' in answer)
}
