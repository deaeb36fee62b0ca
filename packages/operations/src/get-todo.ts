import type { GetTodoInput } from '@idem/contract/operations'
import type { Todo } from '@idem/contract/todo'
import { retryRead } from '@idem/idempotency'
import * as todos from '@idem/todos/get-todo'
import { toRefusal } from './answers/to-refusal.ts'
import type { Caller } from './intents/call.ts'
import type { Services } from './intents/services.ts'

export function getTodo({ adapter, prisma }: Services) {
  return async function getTodo({ owner }: Caller, { id }: GetTodoInput): Promise<Todo> {
    try {
      return await retryRead({ adapter }, () => todos.getTodo(prisma, owner, id))
    } catch (error) {
      throw toRefusal(error, { isRepeatable: true })
    }
  }
}
