import type { Todo } from '@idem/contract/todo'
import { exists, type TodoEntry, type TodoOutcome, type TodoSnapshot } from '../sending/intent.ts'
import { never } from '../sending/never.ts'
import { isStuck } from '../status/is-stuck.ts'

/** The last list of the server and the time of its request (the device's clock, ms). */
export type TodoList = { readonly todos: readonly Todo[]; readonly askedAt: number }

export type Row = {
  readonly id: string
  readonly title: string
  /** The last version from the server; unknown while an operation on the todo is unanswered. */
  readonly version: number | undefined
  /** The pending operation of this row. */
  readonly entry: TodoEntry | undefined
  /** A newer release of the page changed it in a way that this one cannot show or send. */
  readonly needsNewerPage: boolean
}

/**
 * The rows on the screen: the server's list, then answers since that list was requested, then pending
 * operations. Sorted by id, newest first: ids contain their minting time, so a row keeps its place from
 * the start when its answer arrives.
 */
export function mergeOptimistic(
  list: TodoList | undefined,
  { outcomes, entries, newer }: Pick<TodoSnapshot, 'outcomes' | 'entries' | 'newer'>,
): Row[] {
  const rows = new Map<string, Row>()
  for (const todo of list?.todos ?? []) rows.set(todo.id, saved(todo))
  for (const outcome of outcomes) applyOutcome(rows, outcome, list?.askedAt ?? 0)
  for (const entry of entries) applyEntry(rows, entry)
  for (const { orderingKey } of newer) {
    const row = rows.get(orderingKey)
    if (row !== undefined) rows.set(orderingKey, { ...row, needsNewerPage: true })
  }
  return [...rows.values()].sort((one, other) => (one.id < other.id ? 1 : -1))
}

function saved({ id, title, version }: Todo): Row {
  return { id, title, version, entry: undefined, needsNewerPage: false }
}

function applyOutcome(rows: Map<string, Row>, outcome: TodoOutcome, askedAt: number): void {
  // A list that was requested later contains it, and possibly later changes.
  if (outcome.settledAt < askedAt) return
  if (!exists(outcome.answer)) rows.delete(outcome.orderingKey)
  else if (isNews(rows, outcome.answer)) rows.set(outcome.orderingKey, saved(outcome.answer))
}

function applyEntry(rows: Map<string, Row>, entry: TodoEntry): void {
  const { id, title, operation } = entry.intent
  const row = rows.get(id)
  // Later entries wait until a person has decided.
  if (row?.entry?.status.state === 'needs_person') return
  const unknown = { id, title, version: undefined, needsNewerPage: false }
  switch (operation) {
    case 'createTodo':
      rows.set(id, { ...unknown, entry })
      return
    case 'deleteTodo':
      if (isShown(entry)) rows.set(id, { ...(current(rows, entry) ?? row ?? unknown), entry })
      else rows.delete(id)
      return
  }
  never(operation)
}

/** A delete removes the row immediately, unless it needs a decision. */
function isShown(entry: TodoEntry): boolean {
  return entry.status.state === 'needs_person' || entry.isDiscarding || isStuck(entry)
}

/** The current todo of the server's refusal, if it is newer. */
function current(rows: Map<string, Row>, { status }: TodoEntry): Row | undefined {
  if (status.state !== 'needs_person' || status.question.kind !== 'refused') return undefined
  const { current: todo } = status.question.refusal
  return todo && isNews(rows, todo) ? saved(todo) : undefined
}

function isNews(rows: Map<string, Row>, todo: Todo): boolean {
  return todo.version > (rows.get(todo.id)?.version ?? 0)
}
