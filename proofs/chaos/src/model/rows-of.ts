import type { Model } from './model.ts'

/** The expected rows of the database at the end. */
export function rowsOf({ todos, records }: Model) {
  return {
    todos: [...todos.values()]
      .map(({ todo: { id, title, completed, version }, deleted }) => ({
        id,
        title,
        completed,
        version,
        deleted,
      }))
      .sort((one, other) => (one.id < other.id ? -1 : 1)),
    records: [...records]
      .map(([key, { outcome }]) => ({
        key,
        text: outcome === 'cancelled' ? null : JSON.stringify(outcome.value),
        cancelled: outcome === 'cancelled',
      }))
      .sort((one, other) => (one.key < other.key ? -1 : 1)),
  }
}
