import type { ReceivedRefusal } from '@idem/client/refusal-of'
import { DeleteTodoAnswer } from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import type { EntryView, Outbox, Outcome, Snapshot } from '@idem/outbox'
import { z } from 'zod'

/** Raised when the meaning of an intent changes. The first release wrote no version. */
export const intentVersion = 1
const v = z.literal(intentVersion).optional()

/** A person's decision. The title is for display; a delete sends only id and version. */
const Intent = z.discriminatedUnion('operation', [
  z.object({ v, operation: z.literal('createTodo'), id: z.string(), title: z.string() }),
  z.object({
    v,
    operation: z.literal('deleteTodo'),
    id: z.string(),
    title: z.string(),
    /** The version that the person saw; undefined while an earlier operation is unanswered. */
    version: z.number().optional(),
  }),
])
export type Intent = Readonly<z.infer<typeof Intent>>

/** The current todo, or only its id if it is deleted. */
export type Answer = Todo | DeleteTodoAnswer
/** Additional members of a newer server are kept and ignored. */
const Answer = z.union([Todo.loose(), DeleteTodoAnswer])

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
