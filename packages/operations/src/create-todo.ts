import type { CreateTodoInput } from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import type { Transaction } from '@idem/database/prisma'
import * as todos from '@idem/todos/create-todo'
import { createTodoBatch } from '@idem/todos/create-todo-batch'
import { type StoredAnswer, storedAnswer } from './answers/stored-answer.ts'
import { toRefusal } from './answers/to-refusal.ts'
import type { Arrived, Caller } from './intents/call.ts'
import { changeOnce } from './intents/change-once.ts'
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
    if (id !== undefined && isPurgeable(services, id)) {
      // As a change, which replays the answer of the key if it has one: it was given when the id was younger.
      return changeOnce(services, {
        caller,
        id,
        intent,
        parse: Todo.parse,
        change: refusePurgeable,
        afterAmbiguousCommit: 'again',
      })
    }
    const options = {
      signal,
      inTurn: <R>(attempt: () => Promise<R>) => inTransactionTurn(services, caller, attempt),
    }
    try {
      const effect = (tx: Transaction) => todos.createTodo(tx, draft, now())
      return storedAnswer(await createBatched(intent, draft, effect, options))
    } catch (error) {
      throw toRefusal(error, { isRepeatable: true })
    }
  }
}
