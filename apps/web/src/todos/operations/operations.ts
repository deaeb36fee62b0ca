import { createTodo } from './create-todo.ts'
import { deleteTodo } from './delete-todo.ts'
import type { Operation, Shown } from './operation.ts'
import { restoreTodo } from './restore-todo.ts'
import { updateTodo } from './update-todo.ts'

/** All operations of the page. */
export const operations = { createTodo, deleteTodo, restoreTodo, updateTodo }

type Operations = typeof operations
export type OperationName = keyof Operations
type IntentOf<One> = One extends Operation<infer Intent> ? Intent : never
/** A person's decision. */
export type Intent = IntentOf<Operations[OperationName]>

/**
 * Throws for an operation of a newer release: this one must not continue as if it had handled it. One
 * intent and its operation belong together, which the type does not say.
 */
export function operationOf({ operation }: { readonly operation: string }): Operation<Intent> {
  if (!isOperation(operation)) throw new Error(`Expected a known operation, received ${operation}.`)
  return operations[operation] as Operation<Intent>
}

/** The operation that undoes an intent. */
export function inverseOf({ operation }: Intent): OperationName {
  return operations[operation].inverse
}

export function isOperation(name: unknown): name is OperationName {
  return Object.hasOwn(operations, String(name))
}

/** The values of a todo after an intent. */
export function shownAfter(intent: Intent): Shown {
  return { title: intent.title, completed: 'completed' in intent && intent.completed }
}

/** The values that the person saw before an intent. */
export function shownBefore(intent: Intent): Shown {
  return 'base' in intent ? intent.base : shownAfter(intent)
}
