import { cancel } from './endpoints/cancel.ts'
import { createTodo } from './endpoints/create-todo.ts'
import { deleteTodo } from './endpoints/delete-todo.ts'
import type { Endpoint } from './endpoints/endpoint.ts'
import { getTodo } from './endpoints/get-todo.ts'
import { listTodos } from './endpoints/list-todos.ts'
import { outcomeOf } from './endpoints/outcome-of.ts'
import { updateTodo } from './endpoints/update-todo.ts'

export const endpoints: readonly Endpoint[] = [
  createTodo,
  listTodos,
  getTodo,
  updateTodo,
  deleteTodo,
  outcomeOf,
  cancel,
]
