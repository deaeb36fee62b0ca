import {
  GetTodoInput,
  KeyOutcome,
  ListTodosInput,
  mutations,
  TodoPage,
} from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import { KeyInput } from '../http/key.ts'
import { invalidInput, parseInput } from '../http/parse-input.ts'
import { type Endpoint, mutation } from './endpoint.ts'

export const CreateTodoBody = mutations.createTodo.input

/** A PUT contains every member that can be changed; the version is a header. */
export const UpdateTodoBody = mutations.updateTodo.input
  .pick({ title: true, completed: true })
  .required()

/** REST's table: every endpoint with its method, path, status, and what it reads besides the path. */
export const endpoints: readonly Endpoint[] = [
  mutation('createTodo', {
    method: 'post',
    path: '/todos',
    summary: 'Create a todo',
    description:
      'With an `Idempotency-Key` one todo is created, however often the request is sent; every attempt gets the same answer. Without a key each request that arrives creates a todo.',
    body: CreateTodoBody,
    success: {
      status: 201,
      description: 'The todo, created now or by an earlier attempt with this key.',
      body: Todo,
      headers: ['ETag', 'Location'],
    },
    refusals: ['key_missing', 'id_taken'],
  }),

  {
    method: 'get',
    path: '/todos',
    name: 'listTodos',
    summary: 'List todos',
    description:
      'Newest first. `nextCursor` is null on the last page. A page looks at 50,000 todos at most: with `search` or `show` it may be short, or empty, and not the last. `show=deleted` lists the todos that were deleted and can be restored; all others leave them out.',
    keyed: false,
    query: ListTodosInput,
    success: { status: 200, description: 'One page.', body: TodoPage },
    refusals: [],
    run: ({ operations, caller, query }) =>
      operations.listTodos(caller, parseInput(ListTodosInput, membersOf(query))),
  },

  {
    method: 'get',
    path: '/todos/{id}',
    name: 'getTodo',
    summary: 'Read a todo',
    description: 'Send its `ETag` in `If-Match` to change or delete it.',
    keyed: false,
    success: { status: 200, description: 'The current todo.', body: Todo, headers: ['ETag'] },
    refusals: ['not_found'],
    run: ({ operations, caller, params }) =>
      operations.getTodo(caller, parseInput(GetTodoInput, params)),
  },

  mutation('updateTodo', {
    method: 'put',
    path: '/todos/{id}',
    summary: 'Change a todo',
    description:
      'Only the version named by `If-Match` is changed, so no change is overwritten unseen.',
    body: UpdateTodoBody,
    ifMatch: 'needed',
    success: {
      status: 200,
      description: 'The todo at its new version.',
      body: Todo,
      headers: ['ETag'],
    },
    refusals: ['not_found', 'version_conflict', 'version_missing'],
  }),

  mutation('deleteTodo', {
    method: 'delete',
    path: '/todos/{id}',
    summary: 'Delete a todo',
    description:
      'Succeeds however often it is sent, also when there never was such a todo. With `If-Match` a todo at another version stays.',
    ifMatch: 'optional',
    success: { status: 204, description: 'No todo has this id now.' },
    refusals: ['version_conflict'],
  }),

  {
    method: 'get',
    path: '/outcomes/{key}',
    name: 'outcomeOf',
    summary: 'Query a key',
    description:
      '`unused` may only mean that an attempt is still in progress. To be certain, cancel the key.',
    keyed: false,
    success: { status: 200, description: 'The outcome of the key.', body: KeyOutcome },
    refusals: ['key_malformed', 'effect_escaped'],
    run: ({ operations, caller, params }) => operations.outcomeOf(caller, keyIn(params)),
  },

  {
    method: 'delete',
    path: '/outcomes/{key}',
    name: 'cancel',
    summary: 'Cancel a key',
    description:
      'Afterwards the key has an answer, or can never have an effect. An answered intent is not undone.',
    keyed: false,
    success: { status: 200, description: 'The outcome of the key.', body: KeyOutcome },
    refusals: ['key_malformed', 'effect_escaped', 'key_from_future', 'in_flight'],
    run: ({ operations, caller, params }) => operations.cancel(caller, keyIn(params)),
  },
]

function keyIn({ key }: Readonly<Record<string, string>>): string {
  return parseInput(KeyInput, { idempotencyKey: key }).idempotencyKey
}

function membersOf(query: URLSearchParams): unknown {
  const names = [...query.keys()]
  const repeated = names.filter((name, at) => names.indexOf(name) !== at)
  // With two values, one would be ignored silently.
  if (repeated.length > 0) throw invalidInput(repeated)
  const { limit, ...others } = Object.fromEntries(query)
  return limit === undefined ? others : { ...others, limit: asNumber(limit) }
}

/** Digits become a number; the schema refuses anything else. */
function asNumber(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text
}
