import { cancel } from './cancel.ts'
import { createTodo } from './create-todo.ts'
import { deleteTodo } from './delete-todo.ts'
import type { Endpoint } from './endpoint.ts'
import { getTodo } from './get-todo.ts'
import { listTodos } from './list-todos.ts'
import { outcomeOf } from './outcome-of.ts'
import { updateTodo } from './update-todo.ts'

export const endpoints: readonly Endpoint[] = [
  createTodo,
  listTodos,
  getTodo,
  updateTodo,
  deleteTodo,
  outcomeOf,
  cancel,
]
