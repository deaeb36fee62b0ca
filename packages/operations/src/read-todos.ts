import type { GetTodoInput, ListTodosInput, TodoPage } from '@idem/contract/operations'
import type { Todo } from '@idem/contract/todo'
import type { Answer } from '@idem/idempotency'
import { retryRead } from '@idem/idempotency/server'
import { getTodo } from '@idem/todos/get-todo'
import { listTodos } from '@idem/todos/list-todos'
import type { Caller } from './call.ts'
import { expectCaller, inTurn } from './limits.ts'
import type { Services } from './services.ts'
import type { Turns } from './turns.ts'

/**
 * A search looks at many todos, so it takes turns with other searches, which leaves time to all other
 * work. Each of its statements ends after a second: by then the database is too busy for it.
 */
const searchTimeout = '1000ms'

/** The reads, each on a connection for reads, unless its caller has left by then. A slow read is not repeated. */
export function createReads({ adapter, prisma, limits }: Services) {
  async function read<T>(caller: Caller, turns: Turns, work: () => Promise<T>): Promise<Answer<T>> {
    const value = await retryRead({ adapter }, () =>
      inTurn(turns, { from: caller.from, node: limits.nodeOf(caller.owner) }, () => {
        expectCaller(caller.signal)
        return work()
      }),
    )
    return answerOf(value)
  }

  function search(owner: string, input: ListTodosInput): Promise<TodoPage> {
    return adapter.transaction(async (tx, query) => {
      await query(`select set_config('statement_timeout', $1::text, true)`, [searchTimeout])
      return listTodos(tx, owner, input)
    })
  }

  return {
    getTodo: (caller: Caller, { id }: GetTodoInput): Promise<Answer<Todo>> =>
      read(caller, limits.reads, () => getTodo(prisma, caller.owner, id)),

    listTodos: (caller: Caller, input: ListTodosInput): Promise<Answer<TodoPage>> =>
      input.search === undefined
        ? read(caller, limits.reads, () => listTodos(prisma, caller.owner, input))
        : read(caller, limits.searches, () => search(caller.owner, input)),
  }
}

/** An answer that is not stored. */
export function answerOf<T>(value: T): Answer<T> {
  return { value, text: JSON.stringify(value), replayed: false }
}
