import type { DeleteTodoAnswer } from '@idem/contract/operations'
import type { Refusal } from '@idem/contract/refusal'
import type { Todo } from '@idem/contract/todo'
import type { EntryView, Outcome } from '@idem/outbox/entry'
import type { Outbox, Snapshot } from '@idem/outbox/outbox'

/** What a person decided. The title is there to be shown; a delete sends only id and version. */
export type Intent =
  | { readonly operation: 'createTodo'; readonly id: string; readonly title: string }
  | {
      readonly operation: 'deleteTodo'
      readonly id: string
      readonly title: string
      /** As the person saw it; missing while an earlier operation on it has no answer yet. */
      readonly version?: number
    }

/** A todo as it stands, or only its id when it is gone. */
export type Answer = Todo | DeleteTodoAnswer

export type TodoOutbox = Outbox<Intent, Answer, Refusal>
export type TodoSnapshot = Snapshot<Intent, Answer, Refusal>
export type TodoEntry = EntryView<Intent, Refusal>
export type TodoOutcome = Outcome<Intent, Answer>

export function stands(answer: Answer): answer is Todo {
  return 'version' in answer
}
