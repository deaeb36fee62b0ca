import { GetTodoInput, ListTodosInput } from '@idem/contract/operations'
import { z } from 'zod'
import { KeyInput } from '../http/key.ts'
import { createProcedures, type Procedures, router } from './procedures.ts'

/** The tRPC API: each procedure parses its input and calls its operation. */
export function createTodoRouter({ onceOnly, query, repeatable, settling }: Procedures) {
  return router({
    createTodo: onceOnly('createTodo'),
    deleteTodo: repeatable(
      'deleteTodo',
      'A deleted todo stays deleted; a todo that has changed since has another version.',
    ),
    restoreTodo: repeatable('restoreTodo', 'A todo that exists is the answer as it is.'),
    updateTodo: repeatable(
      'updateTodo',
      'It names the version it changes, and a second one finds another version.',
    ),

    cancel: settling(
      'A cancelled key stays cancelled, and an answered key stays answered.',
      ({ operations, caller }, key) => operations.cancel(caller, key),
    ),
    outcomeOf: query(KeyInput, ({ operations, caller, input }) =>
      operations.outcomeOf(caller, input.idempotencyKey),
    ),
    getTodo: query(GetTodoInput, ({ operations, caller, input }) =>
      operations.getTodo(caller, input),
    ),
    listTodos: query(ListTodosInput.optional(), ({ operations, caller, input }) =>
      operations.listTodos(caller, input ?? ListTodosInput.parse({})),
    ),
    policy: query(z.strictObject({}).optional(), async ({ operations }) => operations.policy()),
  })
}

export type TodoRouter = ReturnType<typeof createTodoRouter>

export const todoRouter = createTodoRouter(createProcedures())
