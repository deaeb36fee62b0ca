import { hasMembers } from '@idem/contract/has-members'
import { isTodo } from '@idem/contract/is-todo'
import type { DeleteTodoAnswer } from '@idem/contract/operations'
import type { Todo } from '@idem/contract/todo'
import type { EntryView, Outbox, Outcome, Refusal, Settled, Snapshot } from '@idem/outbox'

/** Raised when the meaning of an intent changes. The first release wrote no version. */
export const intentVersion = 1

/** A person's decision. The title is for display; a delete and a restore send only id and version. */
export type Intent = CreateIntent | DeleteIntent | RestoreIntent | UpdateIntent
type Shared<Operation> = {
  readonly v?: typeof intentVersion | undefined
  readonly operation: Operation
  readonly id: string
  readonly title: string
}
type Versioned = {
  /** The version that the person saw; undefined while an earlier operation is unanswered. */
  readonly version?: number | undefined
}
type Undoing = {
  /**
   * The entry that an undo reverts. Then `version` is not what the person saw, but the last one of those
   * that this browser is known to have made since.
   */
  readonly undoes?: string | undefined
}
type CreateIntent = Shared<'createTodo'>
type DeleteIntent = Shared<'deleteTodo'> & Versioned
export type RestoreIntent = Shared<'restoreTodo'> &
  Versioned &
  Undoing & { readonly completed: boolean }
/** Contains the row after the update, so that it can be shown without a list, and sends only `changes`. */
export type UpdateIntent = Shared<'updateTodo'> &
  Versioned &
  Undoing & { readonly completed: boolean; readonly changes: readonly Member[] }
/** A member of a todo that a person can change. */
type Member = 'title' | 'completed'

/**
 * A deleted todo. `tombstoneVersion` is the version that the deletion of the version on this device's
 * screen leaves. A restore names it, so that it undoes no deletion of a later version. Unknown if the
 * delete named no version.
 */
export type Deleted = DeleteTodoAnswer & { readonly tombstoneVersion?: number }

/** The current todo, or only its id if it is deleted. */
export type Answer = Todo | Deleted

/** Another release of the server may have sent it, so `current` is checked where it is read. */
export type TodoRefusal = Refusal & { readonly current?: unknown }

export type TodoOutbox = Outbox<Intent, Answer, TodoRefusal>
export type TodoSnapshot = Snapshot<Intent, Answer, TodoRefusal>
export type TodoEntry = EntryView<Intent, TodoRefusal>
export type TodoOutcome = Outcome<Intent, Answer>
export type TodoSettled = Settled<Intent, Answer>

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
  deleteTodo: isVersioned,
  restoreTodo: isUndoable,
  updateTodo: (intent) => isUndoable(intent) && areMembers(intent.changes),
}

function isUndoable({ undoes, ...intent }: Members): boolean {
  const isReadable = undoes === undefined || typeof undoes === 'string'
  return isReadable && isVersioned(intent) && typeof intent.completed === 'boolean'
}

function isVersioned({ version }: Members): boolean {
  return version === undefined || typeof version === 'number'
}

function areMembers(changes: unknown): boolean {
  const isMember = (one: unknown) => one === 'title' || one === 'completed'
  return Array.isArray(changes) && changes.length > 0 && changes.every(isMember)
}

/** Additional members of a newer server are kept and ignored. */
export function acceptsAnswer(answer: unknown): answer is Answer {
  return isTodo(answer) || isDeleted(answer)
}

/** Only a todo has a version: one that cannot be read is not taken for a deleted one. */
function isDeleted(answer: unknown): answer is Deleted {
  if (!hasMembers(answer, { id: 'string' })) return false
  const { tombstoneVersion } = answer
  const isTombstone = tombstoneVersion === undefined || typeof tombstoneVersion === 'number'
  return isTombstone && !('version' in answer)
}

export function exists(answer: Answer): answer is Todo {
  return 'version' in answer
}
