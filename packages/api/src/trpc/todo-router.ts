import {
  CreateTodoInput,
  DeleteTodoInput,
  GetTodoInput,
  KeyInput,
  ListTodosInput,
  RestoreTodoInput,
  UpdateTodoInput,
} from '@idem/contract/operations'
import { z } from 'zod'
import { createProcedures, type Procedures, router } from './procedures.ts'

/** The tRPC API: each procedure parses its input and calls its operation. */
export function createTodoRouter({ onceOnly, query, repeatable }: Procedures) {
  return router({
    createTodo: onceOnly(CreateTodoInput, (call) => call.operations.createTodo(call.caller, call)),

    deleteTodo: repeatable(
      {
        input: DeleteTodoInput,
        reason: 'A deleted todo stays deleted; a todo that has changed since has another version.',
      },
      (call) => call.operations.deleteTodo(call.caller, call),
    ),

    restoreTodo: repeatable(
      { input: RestoreTodoInput, reason: 'A todo that exists is the answer as it is.' },
      (call) => call.operations.restoreTodo(call.caller, call),
    ),

    updateTodo: repeatable(
      {
        input: UpdateTodoInput,
        reason: 'It names the version it changes, and a second one finds another version.',
      },
      (call) => call.operations.updateTodo(call.caller, call),
    ),

    cancel: repeatable(
      {
        input: KeyInput,
        reason: 'A cancelled key stays cancelled, and an answered key stays answered.',
      },
      ({ operations, caller, input }) => operations.cancel(caller, input),
    ),

    outcomeOf: query(KeyInput, ({ operations, caller, input }) =>
      operations.outcomeOf(caller, input),
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
