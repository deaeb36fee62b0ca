import type { ReceivedRefusal } from '@idem/client/refusal-of'
import { hasMembers } from '@idem/contract/has-members'
import { isTodo } from '@idem/contract/is-todo'
import type { DeleteTodoAnswer } from '@idem/contract/operations'
import type { Todo } from '@idem/contract/todo'
import type { EntryView, Outcome } from '@idem/outbox/entry'
import type { Outbox, Snapshot } from '@idem/outbox/outbox'

/** Raised when the meaning of an intent changes. The first release wrote no version. */
export const intentVersion = 1

type Versioned = { readonly v?: typeof intentVersion | undefined }
/** A person's decision. The title is for display; a delete sends only id and version. */
export type Intent = CreateIntent | DeleteIntent
type CreateIntent = Versioned & {
  readonly operation: 'createTodo'
  readonly id: string
  readonly title: string
}
type DeleteIntent = Versioned & {
  readonly operation: 'deleteTodo'
  readonly id: string
  readonly title: string
  /** The version that the person saw; undefined while an earlier operation is unanswered. */
  readonly version?: number | undefined
}

/** The current todo, or only its id if it is deleted. */
export type Answer = Todo | DeleteTodoAnswer

export type TodoOutbox = Outbox<Intent, Answer, ReceivedRefusal>
export type TodoSnapshot = Snapshot<Intent, Answer, ReceivedRefusal>
export type TodoEntry = EntryView<Intent, ReceivedRefusal>
export type TodoOutcome = Outcome<Intent, Answer>

/** Two releases of the page share one outbox; this one does not send intents of a newer one. */
export function acceptsIntent(intent: unknown): intent is Intent {
  if (!hasMembers(intent, { operation: 'string', id: 'string', title: 'string' })) return false
  const { v, operation } = intent
  if (v !== undefined && v !== intentVersion) return false
  return Object.hasOwn(accepts, operation) && accepts[operation as Intent['operation']](intent)
}

type Members = Readonly<Record<string, unknown>>

/** What each operation needs besides its id and title. */
const accepts: Record<Intent['operation'], (members: Members) => boolean> = {
  createTodo: () => true,
  deleteTodo: ({ version }) => version === undefined || typeof version === 'number',
}

/** Additional members of a newer server are kept and ignored. */
export function acceptsAnswer(answer: unknown): answer is Answer {
  return (
    isTodo(answer) || (hasMembers(answer, { id: 'string' }) && Object.keys(answer).length === 1)
  )
}

export function exists(answer: Answer): answer is Todo {
  return 'version' in answer
}
