import type { StoredTodo } from './stored-todo.ts'

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
  /** Null for a call without a key. */
  readonly key: string | null
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
