import type { CreateTodoInput } from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import * as todos from '@idem/todos/create-todo'
import { createTodoBatch } from '@idem/todos/create-todo-batch'
import { type StoredAnswer, storedAnswer } from './answers/stored-answer.ts'
import { toRefusal } from './answers/to-refusal.ts'
import type { Arrived, Caller } from './intents/call.ts'
import { intentOf } from './intents/intent-of.ts'
import { isPurgeable, refusePurgeable } from './intents/purgeable-id.ts'
import type { Services } from './intents/services.ts'
import { inTransactionTurn } from './limits/in-turn.ts'

/** The most frequent operation: concurrent attempts share one statement; attempts that a batch leaves out run alone. */
export function createTodo(services: Services) {
  const { idempotency, now } = services
  const createBatched = idempotency.batched<todos.TodoDraft>({
    ...createTodoBatch,
    pool: services.batchPool,
    operation: 'createTodo',
    parse: Todo.parse,
    onFailedBatch: services.onFailedBatch,
  })

  return async function createTodo(
    caller: Caller,
    { input, arrived }: Arrived<CreateTodoInput>,
  ): Promise<StoredAnswer<Todo>> {
    const { idempotencyKey: key, title, id } = input
    const { owner, signal } = caller
    const draft = { owner, title, id, key }
    const intent = intentOf('createTodo', caller, { key, arrived })
    const options = {
      signal,
      inTurn: <R>(attempt: () => Promise<R>) => inTransactionTurn(services, caller, attempt),
    }
    try {
      // Inside `run`: an attempt whose key has an answer is replayed, however old its id is.
      const answer = isPurgeable(services, id)
        ? await idempotency.run<Todo>(intent, refusePurgeable, options)
        : await createBatched(intent, draft, (tx) => todos.createTodo(tx, draft, now()), options)
      return storedAnswer(answer)
    } catch (error) {
      throw toRefusal(error, { isRepeatable: true })
    }
  }
}
