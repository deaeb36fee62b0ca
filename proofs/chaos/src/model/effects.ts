import type { Todo } from '@idem/contract/todo'
import type { Change, Chosen, Filter, KeyedCall } from './call.ts'
import { type Refusal, refusal } from './refusals.ts'

/** Todos by id. A deleted todo stays as a tombstone. */
type Todos = Map<string, Row>

export type Row = { todo: Todo; deleted: boolean }

export type Outcome = { readonly kind: 'answer' | 'refusal'; readonly value: unknown }

/** The effect and the answer of a call that is the first of its key or has none. */
export function effect(todos: Todos, call: KeyedCall, chosen: Chosen): Outcome {
  switch (call.operation) {
    case 'createTodo':
      return create(todos, call.input, chosen)
    case 'deleteTodo':
      return remove(todos, call.input)
    case 'restoreTodo':
      return restore(todos, call.input, chosen)
    case 'updateTodo':
      return update(todos, call.input, chosen)
  }
}

function create(todos: Todos, input: { title: string; id?: string }, chosen: Chosen): Outcome {
  const title = input.title.trim()
  const row = input.id === undefined ? undefined : find(todos, input.id)
  if (row?.deleted) return refused(refusal('id_taken', { deleted: true }))
  if (row !== undefined) {
    const { todo } = row
    if (todo.title === title && todo.version === 1) return answered(todo)
    return refused(refusal('id_taken', { current: todo }))
  }
  const { updatedAt } = chosen
  const id = input.id?.toLowerCase() ?? chosen.id
  const todo = { id, title, completed: false, version: 1, createdAt: updatedAt, updatedAt }
  todos.set(id, { todo, deleted: false })
  return answered(todo)
}

function remove(todos: Todos, { id, version }: { id: string; version?: number }): Outcome {
  const row = find(todos, id)
  if (row === undefined || row.deleted) return answered({ id })
  if (version !== undefined && version !== row.todo.version) {
    return refused(refusal('version_conflict', { current: row.todo }))
  }
  // The time of the delete is not returned, unless the tombstone is shown.
  row.todo = { ...row.todo, version: row.todo.version + 1, updatedAt: unknown }
  row.deleted = true
  return answered({ id })
}

function restore(
  todos: Todos,
  { id, version }: { id: string; version?: number },
  { updatedAt }: Chosen,
): Outcome {
  const row = find(todos, id)
  if (row === undefined) return refused(refusal('not_found'))
  if (!row.deleted) return answered(row.todo)
  if (version !== undefined && version !== row.todo.version) {
    if (row.todo.updatedAt === unknown) row.todo = { ...row.todo, updatedAt }
    return refused(refusal('version_conflict', { current: row.todo }))
  }
  row.todo = { ...row.todo, version: row.todo.version + 1, updatedAt }
  row.deleted = false
  return answered(row.todo)
}

function update(todos: Todos, { id, version, ...change }: Change, chosen: Chosen): Outcome {
  const row = find(todos, id)
  if (row === undefined || row.deleted) return refused(refusal('not_found'))
  if (version !== row.todo.version) {
    return refused(refusal('version_conflict', { current: row.todo }))
  }
  const title = change.title?.trim() ?? row.todo.title
  const completed = change.completed ?? row.todo.completed
  const { updatedAt } = chosen
  row.todo = { ...row.todo, title, completed, version: version + 1, updatedAt }
  return answered(row.todo)
}

export function get(todos: Todos, id: string): Outcome {
  const row = find(todos, id)
  return row === undefined || row.deleted ? refused(refusal('not_found')) : answered(row.todo)
}

export function list(todos: Todos, { show, search = '' }: Filter): Todo[] {
  return [...todos.values()]
    .filter(({ deleted }) => !deleted)
    .map(({ todo }) => todo)
    .filter(({ completed }) => show === 'all' || completed === (show === 'done'))
    .filter(({ title }) => title.toLowerCase().includes(search.toLowerCase()))
    .sort((one, other) => (one.id < other.id ? 1 : -1))
}

function find(todos: Todos, id: string): Row | undefined {
  return todos.get(id.toLowerCase())
}

const unknown = 'unknown'

export function answered(value: unknown): Outcome {
  return { kind: 'answer', value }
}

export function refused(value: Refusal): Outcome {
  return { kind: 'refusal', value }
}
