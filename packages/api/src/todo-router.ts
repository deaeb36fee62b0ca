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
      reason:
        'Deleting what is gone is done already; a todo changed since stands at another version.',
    },
    ({ operations, caller, ...call }) => operations.deleteTodo(caller, call),
  ),

  restoreTodo: repeatable(
    { input: RestoreTodoInput, reason: 'A todo that stands again is the answer as it is.' },
    ({ operations, caller, ...call }) => operations.restoreTodo(caller, call),
  ),

  updateTodo: repeatable(
    {
      input: UpdateTodoInput,
      reason: 'It names the version it changes, and a second one finds another version.',
    },
    ({ operations, caller, ...call }) => operations.updateTodo(caller, call),
  ),

  cancel: repeatable(
    {
      input: KeyInput,
      reason: 'What is cancelled stays so, and what was answered stays answered.',
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

export type TodoRouter = typeof todoRouter
