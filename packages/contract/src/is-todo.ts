import { hasMembers } from './has-members.ts'
import type { Todo } from './todo.ts'

/** Whether a value of another release, or of another program, can be shown as a todo. */
export function isTodo(value: unknown): value is Todo {
  return hasMembers(value, members)
}

const members = {
  id: 'string',
  title: 'string',
  completed: 'boolean',
  version: 'number',
  createdAt: 'string',
  updatedAt: 'string',
} as const satisfies Record<keyof Todo, 'string' | 'boolean' | 'number'>
