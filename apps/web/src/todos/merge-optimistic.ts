import type { Todo } from '@idem/contract/todo'
import { exists, type TodoEntry, type TodoOutcome, type TodoSnapshot } from './intent.ts'
import { never } from './never.ts'
import { isStuck } from './stuck.ts'

/** What the server last returned of its list, and when it was asked (the device's clock, ms). */
export type TodoList = { readonly todos: readonly Todo[]; readonly askedAt: number }

export type Row = {
  readonly id: string
  readonly title: string
  /** As the server last said; unknown while an operation on it has no answer yet. */
  readonly version: number | undefined
  /** The operation that keeps this row from being simply saved. */
  readonly entry: TodoEntry | undefined
  /** The next release of the page changed it, in a way this one cannot show or send. */
  readonly needsNewerPage: boolean
}

/**
 * What is on the screen: the server's list, over it what the server answered
 * since that list was asked for, over it what is still on its way. Sorted by id,
 * newest first: ids say when they were minted, so a row has its place from the
 * first moment and keeps it when the answer comes.
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
  // A list asked for later has it, and may have what happened after it.
  if (outcome.settledAt < askedAt) return
  if (!exists(outcome.answer)) rows.delete(outcome.orderingKey)
  else if (isNews(rows, outcome.answer)) rows.set(outcome.orderingKey, saved(outcome.answer))
}

function applyEntry(rows: Map<string, Row>, entry: TodoEntry): void {
  const { id, title, operation } = entry.intent
  const row = rows.get(id)
  // Whatever comes behind it waits until a person has decided.
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

/** A delete takes the row away at once, unless there is something to decide about it. */
function isShown(entry: TodoEntry): boolean {
  return entry.status.state === 'needs_person' || entry.isDiscarding || isStuck(entry)
}

/** The todo as the server described it when it refused, if that is news. */
function current(rows: Map<string, Row>, { status }: TodoEntry): Row | undefined {
  if (status.state !== 'needs_person' || status.question.kind !== 'refused') return undefined
  const { current: todo } = status.question.refusal
  return todo && isNews(rows, todo) ? saved(todo) : undefined
}

function isNews(rows: Map<string, Row>, todo: Todo): boolean {
  return todo.version > (rows.get(todo.id)?.version ?? 0)
}
