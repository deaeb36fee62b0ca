import type { GetTodoInput } from '@idem/contract/operations'
import type { Todo } from '@idem/contract/todo'
import * as todos from '@idem/todos/get-todo'
import type { Caller } from './intents/call.ts'
import type { Services } from './intents/services.ts'
import { runRead } from './limits/run-read.ts'

export function getTodo(services: Services) {
  const { prisma, limits } = services
  return function getTodo(caller: Caller, { id }: GetTodoInput): Promise<Todo> {
    return runRead(services, caller, {
      turns: limits.reads,
      read: () => todos.getTodo(prisma, caller.owner, id),
    })
  }
}
