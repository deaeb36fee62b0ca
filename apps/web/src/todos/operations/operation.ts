import type { DeleteTodoAnswer } from '@idem/contract/operations'
import type { RefusalCode } from '@idem/contract/refusal'
import type { Todo } from '@idem/contract/todo'
import type { Frozen, Refusal } from '@idem/outbox'

/** Raised when the meaning of an intent changes. */
export const intentVersion = 1

/** What every intent has. The title is for display, unless the operation sends it. */
export type Shared<Name extends string> = {
  readonly v: typeof intentVersion
  readonly operation: Name
  readonly id: string
  readonly title: string
}

/** The members of a todo that a person changes. */
export const members = ['title', 'completed'] as const
export type Member = (typeof members)[number]
export type Shown = Pick<Todo, Member>
export type Change = Partial<Shown>

/** The intent is for a todo that exists; the values are those that the person sees after it. */
export type Versioned = Pick<Shown, 'completed'> & {
  /** The version that the person saw; undefined while an earlier operation is unanswered. */
  readonly version?: number | undefined
  /**
   * The entry that an undo reverts. Then `version` is not what the person saw, but the last one of those
   * that this browser is known to have made since.
   */
  readonly undoes?: string | undefined
}

/** A row on which a person decides. A version that is unknown is taken from the previous answer. */
export type Seen = Shown & Omit<Versioned, 'completed'> & { readonly id: string }

/**
 * A deleted todo. `tombstoneVersion` is the version that the deletion of the version on this device's
 * screen leaves. A restore names it, so that it undoes no deletion of a later version. Unknown if the
 * delete named no version.
 */
export type Deleted = DeleteTodoAnswer & { readonly tombstoneVersion?: number }

/**
 * A todo that the intent may not have changed: another device has made the same change. Its version is not one of
 * this browser, so what follows names the version before it, and is judged by what the person saw.
 */
export type Found = Todo & { readonly isFound?: true }

/** The current todo, or only its id if it is deleted. */
export type Answer = Found | Deleted

export function found(todo: Todo, version: number): Found {
  return { ...todo, version, isFound: true }
}

/** Another release of the server may have sent it, so `current` is checked where it is read. */
export type TodoRefusal = Refusal & { readonly current?: unknown }

/** What is known when an intent is sent first. */
export type Known = {
  /** The last answer about its todo. */
  readonly predecessor: Answer | undefined
  /** The last version that this browser has made since the entry that an intent undoes. */
  since(intent: Seen): number | undefined
}

/**
 * Everything that distinguishes one operation from another in this page. A new one is a file with such an
 * object, a line in `operations.ts`, and a button.
 */
export type Operation<Intent extends Shared<string>, Inverse extends string = string> = {
  readonly name: Intent['operation']
  readonly words: Words<Intent>
  /** Whether the members besides id and title can be read: another release may have written them. */
  accepts(intent: Readonly<Record<string, unknown>>): boolean
  make(seen: Seen, change: Change): Intent
  /** How the row changes before the server has answered. `isDeleted: false` brings back a deleted one. */
  show(intent: Intent): Change & { readonly isDeleted?: boolean }

  /**
   * The body. Its version is the one that the person saw, or that of the previous answer. It is never
   * predicted: an earlier operation may be refused, and then a predicted version could match a change that
   * the person has not seen. An undo names the last version that this browser has made since the operation,
   * never one behind a version of another device, whatever the list has shown meanwhile.
   */
  freeze(intent: Intent, known: Known): Frozen<TodoRefusal>
  /** Whether an answer with the version that the intent leaves is its own effect. Default: always. */
  hasMade?(intent: Intent, answer: Todo): boolean
  /** Whether its answer names a version of this browser. Default: always. */
  isOwn?(intent: Intent): boolean
  /** Whether this refusal says that the intent had had its effect. Default: none does. */
  isDone?(refusal: TodoRefusal | undefined): boolean
  /**
   * Its effect, as the todo itself shows it: the key can have no further one, but it, or an earlier key of
   * the intent, may have had one that is forgotten.
   */
  effectIn(todo: Todo | undefined, body: Body): Answer | undefined
  /**
   * Whether it can be sent with another key, although its first one may have had an effect: not if that
   * would change a todo that the person has not seen.
   */
  mayGetNewKey(readTodo: () => Promise<Todo | undefined>, body: Body): Promise<boolean>

  /**
   * How it goes on if another device has changed the todo since: on the version that is there, or it is done, because
   * the other device has made the same change. Default: the person is asked.
   */
  merge?(intent: Intent, current: Todo): 'repeat' | 'done' | 'ask'

  /** The operation that undoes it, with the members that it sets back. */
  readonly inverse: Inverse
  back?(intent: Intent): Change
  /** It makes the todo: without it nothing can happen to that. */
  readonly makesTodo?: true
  /** After a conflict a person can have it on the version that is shown, or on a new todo. */
  readonly isRepeatable?: true
  /** The change that is repeated then, with the title that is wanted now. Only of an operation that changes members. */
  changeOf?(intent: Intent, title: string): Change
}

/** A frozen body. */
export type Body = Change & { readonly id: string; readonly version?: number }

type Words<Intent> = {
  /** For example “Delete “Buy milk””. */
  readonly name: string
  /** For example “had been deleted already”. */
  readonly done: string
  /** For example “Undo delete of “Buy milk””. */
  noun(intent: Intent): string
  /** In the toast. Without it there is none. */
  said?(intent: Intent): string
  /** The buttons of a decision: to have it nevertheless, and to give it up. */
  readonly mine: string
  readonly discard: string
  /** The button that sends it again when it may be there already. */
  readonly late?: string
  readonly refusals: Partial<Record<RefusalCode, string>>
}

export function exists(answer: Answer): answer is Found {
  return 'version' in answer
}
