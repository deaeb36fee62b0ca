import type { RestoreTodoInput } from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import * as todos from '@idem/todos/restore-todo'
import type { StoredAnswer } from './answers/stored-answer.ts'
import type { Arrived, Caller } from './intents/call.ts'
import { intentOf } from './intents/intent-of.ts'
import { onceWhenKeyed } from './intents/once-when-keyed.ts'
import type { Services } from './intents/services.ts'

export function restoreTodo(services: Services) {
  return function restoreTodo(
    caller: Caller,
    { input, arrived }: Arrived<RestoreTodoInput>,
  ): Promise<StoredAnswer<Todo>> {
    const { idempotencyKey: key, id, version } = input
    return onceWhenKeyed(services, {
      caller,
      id,
      intent: key === undefined ? undefined : intentOf('restoreTodo', caller, { key, arrived }),
      parse: Todo.parse,
      effect: (tx) => todos.restoreTodo(tx, { owner: caller.owner, id, version }, services.now()),
      afterAmbiguousCommit: 'again',
    })
  }
}
