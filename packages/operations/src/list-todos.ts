import type { ListTodosInput, TodoPage } from '@idem/contract/operations'
import { settleRead } from '@idem/idempotency/settle'
import * as todos from '@idem/todos/list-todos'
import { toRefusal } from './answers/to-refusal.ts'
import type { Caller } from './intents/call.ts'
import type { Services } from './intents/services.ts'

export function listTodos({ keys, prisma }: Services) {
  return async function listTodos({ owner }: Caller, input: ListTodosInput): Promise<TodoPage> {
    try {
      return await settleRead(keys, () => todos.listTodos(prisma, owner, input))
    } catch (error) {
      throw toRefusal(error, { isRepeatable: true })
    }
  }
}
