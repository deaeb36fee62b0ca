import type { UpdateTodoInput } from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import * as todos from '@idem/todos/update-todo'
import type { StoredAnswer } from './answers/stored-answer.ts'
import { attemptOf } from './intents/attempt-of.ts'
import type { Arrived, Caller } from './intents/call.ts'
import { onceWhenKeyed } from './intents/once-when-keyed.ts'
import type { Services } from './intents/services.ts'

export function updateTodo(services: Services) {
  return function updateTodo(
    caller: Caller,
    { input, arrived }: Arrived<UpdateTodoInput>,
  ): Promise<StoredAnswer<Todo>> {
    const { idempotencyKey: key, ...change } = input
    return onceWhenKeyed(services, {
      attempt: key === undefined ? undefined : attemptOf('updateTodo', caller, { key, arrived }),
      answer: Todo,
      effect: (tx) => todos.updateTodo(tx, { owner: caller.owner, ...change }, services.now()),
      // A second run would find the version that the first one raised, and report a conflict.
      afterAmbiguousCommit: 'unavailable',
    })
  }
}
