import { DeleteTodoAnswer, type DeleteTodoInput } from '@idem/contract/operations'
import * as todos from '@idem/todos/delete-todo'
import type { StoredAnswer } from './answers/stored-answer.ts'
import type { Arrived, Caller } from './intents/call.ts'
import { changeOnce } from './intents/change-once.ts'
import { intentOf } from './intents/intent-of.ts'
import type { Services } from './intents/services.ts'

export function deleteTodo(services: Services) {
  return function deleteTodo(
    caller: Caller,
    { input, arrived }: Arrived<DeleteTodoInput>,
  ): Promise<StoredAnswer<DeleteTodoAnswer>> {
    const { idempotencyKey: key, id, version } = input
    return changeOnce(services, {
      caller,
      id,
      intent: key === undefined ? undefined : intentOf('deleteTodo', caller, { key, arrived }),
      parse: DeleteTodoAnswer.parse,
      change: todos.deleteTodo({ id, version }),
      afterAmbiguousCommit: 'again',
    })
  }
}
