import type { UpdateTodoInput } from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import * as todos from '@idem/todos/update-todo'
import type { StoredAnswer } from './answers/stored-answer.ts'
import type { Arrived, Caller } from './intents/call.ts'
import { changeOnce } from './intents/change-once.ts'
import { intentOf } from './intents/intent-of.ts'
import type { Services } from './intents/services.ts'

export function updateTodo(services: Services) {
  return function updateTodo(
    caller: Caller,
    { input, arrived }: Arrived<UpdateTodoInput>,
  ): Promise<StoredAnswer<Todo>> {
    const { idempotencyKey: key, id, ...update } = input
    return changeOnce(services, {
      caller,
      id,
      intent: key === undefined ? undefined : intentOf('updateTodo', caller, { key, arrived }),
      parse: Todo.parse,
      change: todos.updateTodo(update),
      // A second run would find the version that the first one raised, and report a conflict.
      afterAmbiguousCommit: 'unavailable',
    })
  }
}
