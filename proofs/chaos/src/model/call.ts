import type { Todo } from '@idem/contract/todo'

export type Api = 'trpc' | 'rest'

/** A call, independent of the API. */
export type Call = KeyedCall | Question

/** The mutations of todos. Over REST the key is a header, over tRPC a member of the input. */
export type KeyedCall =
  | Keyed<'createTodo', { readonly title: string; readonly id?: string }>
  | Keyed<'deleteTodo', { readonly id: string; readonly version?: number }>
  | Keyed<'restoreTodo', { readonly id: string; readonly version?: number }>
  | Keyed<'updateTodo', Change>

export type Change = {
  readonly id: string
  /** Absent only over REST, where nothing is changed then. */
  readonly version?: number
  readonly title?: string
  readonly completed?: boolean
}

type Keyed<Operation extends string, Input> = {
  readonly operation: Operation
  readonly key?: string
  readonly input: Input
}

export type Question =
  | { readonly operation: 'getTodo'; readonly input: { readonly id: string } }
  | { readonly operation: 'listTodos'; readonly input: Filter; readonly limit: number }
  | { readonly operation: 'outcomeOf' | 'cancel'; readonly key: string }

export type Filter = { readonly show: 'all' | 'open' | 'done'; readonly search?: string }

/** A response. */
export type Received = {
  readonly status: number
  /** The exact JSON of the answer or the refusal; undefined without a body. */
  readonly text: string | undefined
  readonly refused: boolean
  /** Over REST only. */
  readonly replayed: boolean
  readonly etag: string | undefined
  readonly location: string | undefined
  readonly lifetime: string | undefined
}

/** Values that only the server chooses; they are read from its response. */
export type Chosen = {
  readonly id: string
  readonly updatedAt: string
  readonly answeredAt: string
  readonly serverTime: string
}

export function chosenIn({ text }: Received): Chosen {
  const value = Object(text === undefined ? undefined : JSON.parse(text))
  const todo: Partial<Todo> = value.current ?? value
  return {
    id: String(todo.id),
    updatedAt: String(todo.updatedAt),
    answeredAt: String(value.answeredAt),
    serverTime: String(value.serverTime),
  }
}
