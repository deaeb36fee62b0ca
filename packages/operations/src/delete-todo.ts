import { DeleteTodoAnswer, type DeleteTodoInput } from '@idem/contract/operations'
import * as todos from '@idem/todos/delete-todo'
import type { StoredAnswer } from './answers/stored-answer.ts'
import type { Arrived, Caller } from './intents/call.ts'
import { intentOf } from './intents/intent-of.ts'
import { onceWhenKeyed } from './intents/once-when-keyed.ts'
import type { Services } from './intents/services.ts'

export function deleteTodo(services: Services) {
  return function deleteTodo(
    caller: Caller,
    { input, arrived }: Arrived<DeleteTodoInput>,
  ): Promise<StoredAnswer<DeleteTodoAnswer>> {
    const { idempotencyKey: key, id, version } = input
    return onceWhenKeyed(services, {
      caller,
      id,
      intent: key === undefined ? undefined : intentOf('deleteTodo', caller, { key, arrived }),
      parse: DeleteTodoAnswer.parse,
      effect: (tx) => todos.deleteTodo(tx, { owner: caller.owner, id, version }, services.now()),
      afterAmbiguousCommit: 'again',
    })
  }
}
