import { z } from 'zod'
import { StoredRefusal } from './refusal.ts'
import { Title, Todo, TodoId } from './todo.ts'

/**
 * The id of a todo outside `createTodo` is a plain string. An id that is not a UUID never reaches SQL
 * and matches no todo. A lone surrogate has no canonical JSON, so retries could not be compared.
 */
const NamedId = z.string().refine((id) => id.isWellFormed(), {
  error: 'An id must not contain a lone surrogate.',
})
/** The maximum of the database's integer type. */
const Version = z.int().min(1).max(2_147_483_647)

export const DeleteTodoAnswer = z.strictObject({ id: z.string() })
export type DeleteTodoAnswer = z.infer<typeof DeleteTodoAnswer>

/** Every operation that changes todos: its input, less the key, and its answer. */
export const mutations = {
  createTodo: { input: z.strictObject({ title: Title, id: TodoId.optional() }), answer: Todo },
  deleteTodo: {
    input: z.strictObject({ id: NamedId, version: Version.optional() }),
    answer: DeleteTodoAnswer,
  },
  restoreTodo: {
    input: z.strictObject({ id: NamedId, version: Version.optional() }),
    answer: Todo,
  },
  updateTodo: {
    input: z.strictObject({
      id: NamedId,
      version: Version,
      title: Title.optional(),
      completed: z.boolean().optional(),
    }),
    answer: Todo,
  },
} as const

export type MutationName = keyof typeof mutations
export type MutationInput<Name extends MutationName> = z.output<(typeof mutations)[Name]['input']>
export type MutationAnswer<Name extends MutationName> = z.output<(typeof mutations)[Name]['answer']>

export const GetTodoInput = z.strictObject({ id: NamedId })
export type GetTodoInput = z.infer<typeof GetTodoInput>

export const ListTodosInput = z.strictObject({
  cursor: z.string().optional(),
  limit: z.int().min(1).max(100).default(50),
  /** `all` are those that are not deleted. */
  show: z.enum(['all', 'open', 'done', 'deleted']).default('all'),
  search: z
    .string()
    .refine((text) => !text.includes('\0') && text.isWellFormed(), {
      error: 'A search must not contain NUL or a lone surrogate.',
    })
    .optional(),
})
export type ListTodosInput = z.infer<typeof ListTodosInput>

/** Newest first. `nextCursor` is null on the last page; with a filter a page may be short, or empty, and not the last. */
export const TodoPage = z.strictObject({
  todos: z.array(Todo),
  nextCursor: z.string().nullable(),
})
export type TodoPage = z.infer<typeof TodoPage>

/**
 * The outcome of a key. `unused` may only mean that an attempt is in progress. Answer and refusal are
 * as stored, possibly by another release, so additional members are allowed.
 */
export const KeyOutcome = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('unused') }),
  z.strictObject({
    state: z.literal('answered'),
    operation: z.string(),
    answeredAt: z.iso.datetime(),
    answer: z.union([z.looseObject(Todo.shape), z.looseObject(DeleteTodoAnswer.shape)]).optional(),
    refusal: StoredRefusal.optional(),
  }),
  z.strictObject({ state: z.literal('cancelled') }),
  z.strictObject({ state: z.literal('forgotten') }),
])
export type KeyOutcome = z.infer<typeof KeyOutcome>
