import type { Todo } from '@idem/contract/todo'
import { stands, type TodoEntry, type TodoOutcome } from './intent.ts'

/** What the server last told of its list, and when it was asked (the device's clock, ms). */
export type TodoList = { readonly todos: readonly Todo[]; readonly askedAt: number }

export type Row = {
  readonly id: string
  readonly title: string
  /** As the server last said; unknown while an operation on it has no answer yet. */
  readonly version: number | undefined
  /** The operation that keeps this row from being simply saved. */
  readonly entry: TodoEntry | undefined
}

/**
 * What is on the screen: the server's list, over it what the server answered
 * since that list was asked for, over it what is still on its way. Sorted by id,
 * newest first: ids say when they were minted, so a row has its place from the
 * first moment and keeps it when the answer comes.
 */
export function mergeOptimistic(
  list: TodoList | undefined,
  outcomes: readonly TodoOutcome[],
  entries: readonly TodoEntry[],
): Row[] {
  const rows = new Map<string, Row>()
  for (const todo of list?.todos ?? []) rows.set(todo.id, saved(todo))
  for (const outcome of outcomes) applyOutcome(rows, outcome, list?.askedAt ?? 0)
  for (const entry of entries) applyEntry(rows, entry)
  return [...rows.values()].sort((one, other) => (one.id < other.id ? 1 : -1))
}

function saved({ id, title, version }: Todo): Row {
  return { id, title, version, entry: undefined }
}

function applyOutcome(rows: Map<string, Row>, outcome: TodoOutcome, askedAt: number): void {
  // A list asked for later has it, and may have what happened after it.
  if (outcome.settledAt < askedAt) return
  if (!stands(outcome.answer)) rows.delete(outcome.orderingKey)
  else if (isNews(rows, outcome.answer)) rows.set(outcome.orderingKey, saved(outcome.answer))
}

function applyEntry(rows: Map<string, Row>, entry: TodoEntry): void {
  const { id, title, operation } = entry.intent
  const row = rows.get(id)
  if (row?.entry?.status.state === 'needs_person') {
    // Whatever comes behind it waits until a person has decided.
    return
  }
  if (operation === 'createTodo') {
    rows.set(id, { id, title, version: undefined, entry })
    return
  }
  if (entry.status.state !== 'needs_person') {
    rows.delete(id)
    return
  }
  const { current } = entry.status.refusal
  const standing = current && isNews(rows, current) ? saved(current) : row
  rows.set(id, { ...(standing ?? { id, title, version: undefined }), entry })
}

function isNews(rows: Map<string, Row>, todo: Todo): boolean {
  return todo.version > (rows.get(todo.id)?.version ?? 0)
}
