import type { UpdateTodoInput } from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import * as todos from '@idem/todos/update-todo'
import type { StoredAnswer } from './answers/stored-answer.ts'
import type { Arrived, Caller } from './intents/call.ts'
import { intentOf } from './intents/intent-of.ts'
import { onceWhenKeyed } from './intents/once-when-keyed.ts'
import type { Services } from './intents/services.ts'

export function updateTodo(services: Services) {
  return function updateTodo(
    caller: Caller,
    { input, arrived }: Arrived<UpdateTodoInput>,
  ): Promise<StoredAnswer<Todo>> {
    const { idempotencyKey: key, ...change } = input
    return onceWhenKeyed(services, {
      caller,
      id: change.id,
      intent: key === undefined ? undefined : intentOf('updateTodo', caller, { key, arrived }),
      parse: Todo.parse,
      effect: (tx) => todos.updateTodo(tx, { owner: caller.owner, ...change }, services.now()),
      // A second run would find the version that the first one raised, and report a conflict.
      afterAmbiguousCommit: 'unavailable',
    })
  }
}
