import type { ListTodosInput, TodoPage } from '@idem/contract/operations'
import { retryRead } from '@idem/idempotency'
import * as todos from '@idem/todos/list-todos'
import { toRefusal } from './answers/to-refusal.ts'
import type { Caller } from './intents/call.ts'
import type { Services } from './intents/services.ts'

export function listTodos({ adapter, prisma }: Services) {
  return async function listTodos({ owner }: Caller, input: ListTodosInput): Promise<TodoPage> {
    try {
      return await retryRead({ adapter }, () => todos.listTodos(prisma, owner, input))
    } catch (error) {
      throw toRefusal(error, { isRepeatable: true })
    }
  }
}
