import type { Todo } from '@idem/contract/todo'

export type Api = 'trpc' | 'rest'

/** What is asked for, as it is meant on either api. */
export type Call = KeyedCall | Question

/** What changes todos. Over REST the key is a header, over tRPC a member of the input. */
export type KeyedCall =
  | Keyed<'createTodo', { readonly title: string; readonly id?: string }>
  | Keyed<'deleteTodo', { readonly id: string; readonly version?: number }>
  | Keyed<'restoreTodo', { readonly id: string; readonly version?: number }>
  | Keyed<'updateTodo', Change>

export type Change = {
  readonly id: string
  /** Without it, which is possible over REST only, nothing is changed. */
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

/** What came back. */
export type Received = {
  readonly status: number
  /** JSON to the byte: the answer, or the refusal. Undefined when there is no body. */
  readonly text: string | undefined
  readonly refused: boolean
  /** Over REST. */
  readonly replayed: boolean
  readonly etag: string | undefined
  readonly location: string | undefined
  readonly lifetime: string | undefined
}

/** What only the server can choose, so that nobody can foretell it: it is read off what it received. */
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
