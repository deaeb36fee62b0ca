import type { ReceivedRefusal } from '@idem/client/refusal-of'
import { DeleteTodoAnswer } from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import type { EntryView, Outcome } from '@idem/outbox/entry'
import type { Outbox, Snapshot } from '@idem/outbox/outbox'
import { z } from 'zod'

/** Raised when an intent of the same operation comes to mean something else. The first release wrote none. */
export const intentVersion = 1
const v = z.literal(intentVersion).optional()

/** What a person decided. The title is there to be shown; a delete sends only id and version. */
const Intent = z.discriminatedUnion('operation', [
  z.object({ v, operation: z.literal('createTodo'), id: z.string(), title: z.string() }),
  z.object({
    v,
    operation: z.literal('deleteTodo'),
    id: z.string(),
    title: z.string(),
    /** As the person saw it; missing while an earlier operation on it has no answer yet. */
    version: z.number().optional(),
  }),
])
export type Intent = Readonly<z.infer<typeof Intent>>

/** A todo as it is, or only its id when it is gone. */
export type Answer = Todo | DeleteTodoAnswer
/** What a newer server adds is kept, and nothing here depends on it. */
const Answer = z.union([Todo.loose(), DeleteTodoAnswer])

export type TodoOutbox = Outbox<Intent, Answer, ReceivedRefusal>
export type TodoSnapshot = Snapshot<Intent, Answer, ReceivedRefusal>
export type TodoEntry = EntryView<Intent, ReceivedRefusal>
export type TodoOutcome = Outcome<Intent, Answer>

/** Two releases of the page share one outbox; what the next one writes is not for this one. */
export function acceptsIntent(intent: unknown): boolean {
  return Intent.safeParse(intent).success
}

export function acceptsAnswer(answer: unknown): boolean {
  return Answer.safeParse(answer).success
}

export function exists(answer: Answer): answer is Todo {
  return 'version' in answer
}
