import { CreateTodoInput } from '@idem/contract/operations'
import { RefusalError } from '@idem/contract/refusal'
import { Todo } from '@idem/contract/todo'
import { parseInput } from '../../http/parse-input.ts'
import type { Endpoint } from './endpoint.ts'
import { todoAnswer } from './todo-answer.ts'

/** The key is a header, so in the body it is an unknown field. */
export const CreateTodoBody = CreateTodoInput.omit({ idempotencyKey: true })

export const createTodo: Endpoint = {
  method: 'post',
  path: '/todos',
  name: 'createTodo',
  summary: 'Create a todo',
  description:
    'With an `Idempotency-Key` one todo is created, however often the request is sent; every attempt gets the same answer. Without a key each request that arrives creates a todo.',
  keyed: true,
  body: CreateTodoBody,
  success: {
    status: 201,
    description: 'The todo, created now or by an earlier attempt with this key.',
    body: Todo,
    headers: ['ETag', 'Location'],
  },
  refusals: ['key_missing', 'id_taken'],

  async run({ operations, caller, key, requireKey, json }) {
    if (key === undefined && requireKey) throw new RefusalError('key_missing')
    const arrived = json()
    const body = parseInput(CreateTodoBody, arrived)
    const answer =
      key === undefined
        ? await operations.createTodoWithoutKey(caller, body)
        : await operations.createTodo(caller, { input: { idempotencyKey: key, ...body }, arrived })
    const { headers, ...todo } = todoAnswer(answer)
    return { ...todo, headers: { ...headers, location: `/todos/${answer.value().id}` } }
  },
}
