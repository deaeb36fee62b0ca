import type { Todo } from '@idem/contract/todo'

/** A todo or a tombstone, as it is stored; Prisma's row has these members and more. */
export type StoredTodo = {
  readonly id: string
  readonly title: string
  readonly completed: boolean
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly deletedAt: Date | null
}

/** The stored todo after a change: its version rises by one. */
export function nextVersion(
  existing: StoredTodo,
  change: Partial<Pick<StoredTodo, 'title' | 'completed' | 'deletedAt'>>,
  now: Date,
): StoredTodo {
  return { ...existing, ...change, version: existing.version + 1, updatedAt: now }
}

export function toTodo(stored: StoredTodo): Todo {
  const createdAt = textOf(stored.createdAt)
  return {
    id: stored.id,
    title: stored.title,
    completed: stored.completed,
    version: stored.version,
    createdAt,
    updatedAt: stored.updatedAt === stored.createdAt ? createdAt : textOf(stored.updatedAt),
  }
}

/** A busy server makes several todos in a millisecond, and the text of a time costs more than the rest of a todo. */
let latest = { ms: Number.NaN, text: '' }

function textOf(time: Date): string {
  const ms = time.getTime()
  if (ms !== latest.ms) latest = { ms, text: time.toISOString() }
  return latest.text
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** PostgreSQL rejects a comparison of a UUID with other text, so such an id never reaches SQL: it matches no todo. */
export function isTodoId(id: string): boolean {
  return uuid.test(id)
}

/** What two attempts of one batch must not share. UUIDs are case-insensitive, and PostgreSQL returns them in lower case. */
export function identityOf(owner: string, id: string): string {
  return `${owner} ${id.toLowerCase()}`
}

/**
 * The rule of an operation: what it answers by what is stored, and the todo to store instead when something
 * changes. Throws a `RefusalError` to decline. Depends on nothing else, so it may be called again when the
 * stored todo has changed.
 */
export type TodoRule<Input, Answer> = (
  existing: StoredTodo | undefined,
  input: Input,
  now: Date,
) => Decided<Answer>

export type Decided<Answer> = {
  readonly answer: Answer
  readonly changed?: StoredTodo | undefined
}

export type TodoMutation = {
  readonly rule: TodoRule<never, unknown>
  readonly answer: { readonly parse: (answer: unknown) => unknown }
}

/** One call of a mutation. */
export type TodoDraft = {
  readonly owner: string
  /** The todo that it is about. */
  readonly id: string
  /** True for an id that was minted for this call, so that no todo can have it. */
  readonly isNew: boolean
  readonly mutation: TodoMutation
  /** The input of this mutation. */
  readonly input: unknown
}

/** Applies the rule, and parses the answer before anything is stored. */
export function decide(
  { mutation, input }: TodoDraft,
  existing: StoredTodo | undefined,
  now: Date,
): Decided<unknown> {
  // A batch has calls of many mutations, and no type says that each has its own input.
  const { answer, changed } = mutation.rule(existing, input as never, now)
  return { answer: mutation.answer.parse(answer), changed }
}
