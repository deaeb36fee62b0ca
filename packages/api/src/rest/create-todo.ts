import { CreateTodoInput } from '@idem/contract/operations'
import { RefusalError } from '@idem/contract/refusal'
import { Todo } from '@idem/contract/todo'
import type { Endpoint } from './endpoint.ts'
import { parseInput } from './parse-input.ts'
import { todoAnswer } from './todo-answer.ts'

/** The key is a header here, so in the body it is an unknown field. */
export const CreateTodoBody = CreateTodoInput.omit({ idempotencyKey: true })

export const createTodo: Endpoint = {
  method: 'post',
  path: '/todos',
  name: 'createTodo',
  summary: 'Make a todo',
  description:
    'With an `Idempotency-Key` it is made once, however often the call is sent; every attempt gets the same answer. Without one it is made once for each call that arrives.',
  keyed: true,
  body: CreateTodoBody,
  success: {
    status: 201,
    description: 'The todo, made now or by an earlier attempt with this key.',
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
    const { headers, ...told } = todoAnswer(answer)
    return { ...told, headers: { ...headers, location: `/todos/${answer.value().id}` } }
  },
}
