import {
  CreateTodoInput,
  DeleteTodoInput,
  GetTodoInput,
  ListTodosInput,
} from '@idem/contract/operations'
import { z } from 'zod'
import { procedures, router } from './procedures.ts'

const { onceOnly, query, repeatable } = procedures

/** The tRPC face: parse, name the caller, hand on. */
export const todoRouter = router({
  createTodo: onceOnly(CreateTodoInput, ({ operations, caller, ...call }) =>
    operations.createTodo(caller, call),
  ),

  deleteTodo: repeatable(
    {
      input: DeleteTodoInput,
      reason: 'Deleting what is gone is done already; a todo changed since stands at another version.',
    },
    ({ operations, caller, ...call }) => operations.deleteTodo(caller, call),
  ),

  getTodo: query(GetTodoInput, ({ operations, caller, input }) =>
    operations.getTodo(caller, input),
  ),

  listTodos: query(ListTodosInput.optional(), ({ operations, caller, input }) =>
    operations.listTodos(caller, input ?? ListTodosInput.parse({})),
  ),

  policy: query(z.strictObject({}).optional(), async ({ operations }) => operations.policy()),
})

export type TodoRouter = typeof todoRouter
