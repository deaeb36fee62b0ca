import type { ReceivedRefusal } from '@idem/client/refusal-of'
import { DeleteTodoAnswer } from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import type { EntryView, Outcome } from '@idem/outbox/entry'
import type { Outbox, Snapshot } from '@idem/outbox/outbox'
import { z } from 'zod'

/** Raised when the meaning of an intent changes. The first release wrote no version. */
export const intentVersion = 1
const v = z.literal(intentVersion).optional()

/** The version that the person saw; undefined while an earlier operation is unanswered. */
const version = z.number().optional()
const id = z.string()
const title = z.string()
const completed = z.boolean()

/** A member of a todo that a person can change. */
const Member = z.enum(['title', 'completed'])

/**
 * A person's decision. Title and completed are the row as the person saw it afterwards, so that it can
 * be shown without a list. A delete and a restore send only id and version, an update only what it
 * `changes`.
 */
const Intent = z.discriminatedUnion('operation', [
  z.object({ v, operation: z.literal('createTodo'), id, title }),
  z.object({ v, operation: z.literal('deleteTodo'), id, title, version }),
  z.object({ v, operation: z.literal('restoreTodo'), id, title, completed, version }),
  z.object({
    v,
    operation: z.literal('updateTodo'),
    id,
    title,
    completed,
    changes: z.array(Member).min(1),
    version,
  }),
])
export type Intent = Readonly<z.infer<typeof Intent>>
export type Update = Extract<Intent, { operation: 'updateTodo' }>

/**
 * A deleted todo. `tombstoneVersion` is the version at which this device deleted it, which a restore
 * names, so that it undoes this deletion and no later one. Unknown if it was already gone.
 */
export type Deleted = DeleteTodoAnswer & { readonly tombstoneVersion?: number | undefined }
const Deleted = DeleteTodoAnswer.extend({ tombstoneVersion: z.number().optional() })

/** The current todo, or only its id if it is deleted. */
export type Answer = Todo | Deleted
/** Additional members of a newer server are kept and ignored. */
const Answer = z.union([Todo.loose(), Deleted])

export type TodoOutbox = Outbox<Intent, Answer, ReceivedRefusal>
export type TodoSnapshot = Snapshot<Intent, Answer, ReceivedRefusal>
export type TodoEntry = EntryView<Intent, ReceivedRefusal>
export type TodoOutcome = Outcome<Intent, Answer>

/** Two releases of the page share one outbox; this one does not send intents of a newer one. */
export function acceptsIntent(intent: unknown): boolean {
  return Intent.safeParse(intent).success
}

export function acceptsAnswer(answer: unknown): boolean {
  return Answer.safeParse(answer).success
}

export function exists(answer: Answer): answer is Todo {
  return 'version' in answer
}
