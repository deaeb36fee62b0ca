import type { CreateTodoInput } from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import type { Transaction } from '@idem/database/prisma'
import * as todos from '@idem/todos/create-todo'
import { createTodoBatch } from '@idem/todos/create-todo-batch'
import { answerOf, type StoredAnswer } from './answers/stored-answer.ts'
import { toRefusal } from './answers/to-refusal.ts'
import { attemptOf } from './intents/attempt-of.ts'
import type { Arrived, Caller } from './intents/call.ts'
import { isPurgeable, refusePurgeable } from './intents/purgeable-id.ts'
import type { Services } from './intents/services.ts'

/** The hot operation: concurrent attempts share one statement; what a batch leaves out runs alone. */
export function createTodo(services: Services) {
  const { once, now } = services
  const createBatched = services.onceBatched<todos.TodoDraft>({
    query: services.groupQuery,
    operation: 'createTodo',
    effect: createTodoBatch,
    answer: Todo,
    policy: services.policy,
    now,
    onFailedBatch: services.onFailedBatch,
  })

  return async function createTodo(
    caller: Caller,
    { input, arrived }: Arrived<CreateTodoInput>,
  ): Promise<StoredAnswer<Todo>> {
    const { idempotencyKey: key, title, id } = input
    const draft = { owner: caller.owner, title, id, key }
    const attempt = attemptOf('createTodo', caller, { key, arrived })
    const effect = (tx: Transaction) => todos.createTodo(tx, draft, now())
    try {
      // The record of the key outlives the check of the id: an answered attempt is replayed.
      const outcome = isPurgeable(services, id)
        ? await once({ attempt, answer: Todo, effect: refusePurgeable })
        : await createBatched({ attempt, draft, effect })
      return answerOf(outcome)
    } catch (error) {
      throw toRefusal(error, { isRepeatable: true })
    }
  }
}
