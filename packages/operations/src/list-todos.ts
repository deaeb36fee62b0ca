import type { ListTodosInput, TodoPage } from '@idem/contract/operations'
import * as todos from '@idem/todos/list-todos'
import type { Caller } from './intents/call.ts'
import type { Services } from './intents/services.ts'
import { runRead } from './limits/run-read.ts'

/**
 * A search looks at many todos, so it takes turns with other searches, which leaves time to all other
 * work. Each of its statements ends after a second: by then the database is too busy for it.
 */
const searchTimeout = '1000ms'

export function listTodos(services: Services) {
  const { adapter, prisma, limits } = services

  function search(owner: string, input: ListTodosInput): Promise<TodoPage> {
    return adapter.transaction(async (tx, query) => {
      await query(`select set_config('statement_timeout', $1::text, true)`, [searchTimeout])
      return todos.listTodos(tx, owner, input)
    })
  }

  return function listTodos(caller: Caller, input: ListTodosInput): Promise<TodoPage> {
    const { owner } = caller
    return runRead(
      services,
      caller,
      input.search === undefined
        ? { turns: limits.reads, read: () => todos.listTodos(prisma, owner, input) }
        : { turns: limits.searches, read: () => search(owner, input) },
    )
  }
}
