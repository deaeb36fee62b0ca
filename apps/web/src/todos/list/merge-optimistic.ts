import { isTodo } from '@idem/contract/is-todo'
import type { Todo } from '@idem/contract/todo'
import { type Change, exists, type Found } from '../operations/operation.ts'
import { operationOf, shownAfter } from '../operations/operations.ts'
import type { TodoEntry, TodoOutcome, TodoSnapshot } from '../sending/intent.ts'
import { isStuck } from '../sending/is-stuck.ts'

/** The last list of the server and the time of its request (the device's clock, ms). */
export type TodoList = { readonly todos: readonly Todo[]; readonly askedAt: number }

export type Row = {
  readonly id: string
  readonly title: string
  readonly completed: boolean
  /** The last version from the server; unknown while an operation on the todo is unanswered. */
  readonly version: number | undefined
  /** The earliest pending operation of this row, which the later ones wait for. */
  readonly entry: TodoEntry | undefined
  /** A newer release of the page changed it in a way that this one cannot show or send. */
  readonly needsNewerPage: boolean
  /** The server does not have it, although a change of it is pending: it was restored, or forgot the key. */
  readonly isMissing?: true
}

/** The todos of the server that were read for decisions, null where it has none. */
export type ReadTodos = ReadonlyMap<string, Todo | null>

/**
 * The rows on the screen: the server's list, then answers since that list was requested, then pending
 * operations. Sorted by id, newest first: ids contain their minting time, so a row keeps its place from
 * the start when its answer arrives.
 */
export function mergeOptimistic(
  list: TodoList | undefined,
  { outcomes, entries, newer }: Pick<TodoSnapshot, 'outcomes' | 'entries' | 'newer'>,
  read: ReadTodos = new Map(),
): Row[] {
  const rows = new Map<string, Row>()
  const deleted = new Set<string>()
  for (const todo of list?.todos ?? []) rows.set(todo.id, saved(todo))
  for (const outcome of outcomes) applyOutcome(rows, outcome, list?.askedAt ?? 0)
  for (const entry of entries) applyEntry({ rows, deleted, read }, entry)
  for (const { orderingKey } of newer) {
    const row = rows.get(orderingKey)
    if (row !== undefined) rows.set(orderingKey, { ...row, needsNewerPage: true })
  }
  const shown = [...rows.values()].filter(({ id }) => !deleted.has(id))
  return shown.sort((one, other) => (one.id < other.id ? 1 : -1))
}

function saved({ id, title, completed, version }: Todo): Row {
  return { id, title, completed, version, entry: undefined, needsNewerPage: false }
}

function applyOutcome(rows: Map<string, Row>, outcome: TodoOutcome, askedAt: number): void {
  // A list that was requested later contains it, and possibly later changes.
  if (outcome.settledAt < askedAt) return
  if (!exists(outcome.answer)) rows.delete(outcome.orderingKey)
  else if (isNews(rows, outcome.answer)) rows.set(outcome.orderingKey, saved(outcome.answer))
}

type Merging = {
  readonly rows: Map<string, Row>
  readonly deleted: Set<string>
  readonly read: ReadTodos
}

/** A deleted row stays in `rows`, for a restore behind its delete. */
function applyEntry({ rows, deleted, read }: Merging, entry: TodoEntry): void {
  const { intent } = entry
  const row = rows.get(intent.id)
  // Later entries wait until a person has decided.
  if (row?.entry?.status.state === 'needs_person') return
  const { isDeleted, ...change } = operationOf(intent).show(intent)
  if (isDeleted === false) deleted.delete(intent.id)
  if (isUndecided(entry)) {
    // The server's values beside a decision: it is about them.
    rows.set(intent.id, pending(entry, shownBeside(entry, { rows, read }), {}))
    return
  }
  rows.set(intent.id, pending(entry, row, change))
  if (isDeleted && !isStuck(entry)) deleted.add(intent.id)
}

/** Whether an operation is shown beside its row, and not as if it had happened. */
function isUndecided(entry: TodoEntry): boolean {
  return entry.status.state === 'needs_person' || entry.isDiscarding
}

function pending(entry: TodoEntry, row: Row | undefined, change: Change): Row {
  const before = row ?? unsaved(entry.intent)
  const isFirst = row?.entry === undefined || row.entry.isDiscarding
  const version = entry.status.state === 'needs_person' ? row?.version : undefined
  return { ...before, ...change, version, entry: isFirst ? entry : row.entry }
}

/** What the server has beside a decision: the newest that the page knows. */
function shownBeside(entry: TodoEntry, { rows, read }: Omit<Merging, 'deleted'>): Row | undefined {
  const { intent, status } = entry
  const row = rows.get(intent.id)
  const todo = read.get(intent.id)
  if (todo === null && row === undefined) return { ...unsaved(intent), isMissing: true }
  const isRefused = status.state === 'needs_person' && status.question.kind === 'refused'
  const current = isRefused ? status.question.refusal.current : undefined
  const news = [todo, isTodo(current) ? current : undefined].find((one) => one && isNews(rows, one))
  return news ? saved(news) : row
}

function unsaved(intent: TodoEntry['intent']): Row {
  const { id } = intent
  return { id, needsNewerPage: false, ...shownAfter(intent), version: undefined, entry: undefined }
}

function isNews(rows: Map<string, Row>, todo: Found): boolean {
  const known = rows.get(todo.id)?.version ?? 0
  // One that was found names the version before it.
  return todo.isFound ? todo.version >= known : todo.version > known
}

/** Whether a row looks the same, although it comes from a later list. */
export function isSameRow(row: Row, other: Row): boolean {
  return (
    row.entry === other.entry &&
    row.version === other.version &&
    row.title === other.title &&
    row.completed === other.completed &&
    row.needsNewerPage === other.needsNewerPage &&
    row.isMissing === other.isMissing
  )
}
