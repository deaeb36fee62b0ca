import type { RestoreTodoInput } from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import * as todos from '@idem/todos/restore-todo'
import type { StoredAnswer } from './answers/stored-answer.ts'
import type { Arrived, Caller } from './intents/call.ts'
import { changeOnce } from './intents/change-once.ts'
import { intentOf } from './intents/intent-of.ts'
import type { Services } from './intents/services.ts'

export function restoreTodo(services: Services) {
  return function restoreTodo(
    caller: Caller,
    { input, arrived }: Arrived<RestoreTodoInput>,
  ): Promise<StoredAnswer<Todo>> {
    const { idempotencyKey: key, id, version } = input
    return changeOnce(services, {
      caller,
      id,
      intent: key === undefined ? undefined : intentOf('restoreTodo', caller, { key, arrived }),
      parse: Todo.parse,
      change: todos.restoreTodo({ version }),
      afterAmbiguousCommit: 'again',
    })
  }
}
