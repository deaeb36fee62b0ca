import { GetTodoInput } from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import { StoredAnswer } from '@idem/operations/stored-answer'
import { parseInput } from '../../http/parse-input.ts'
import type { Endpoint } from './endpoint.ts'
import { todoAnswer } from './todo-answer.ts'

export const getTodo: Endpoint = {
  method: 'get',
  path: '/todos/{id}',
  name: 'getTodo',
  summary: 'Read a todo',
  description: 'Send its `ETag` in `If-Match` to change or delete it.',
  keyed: false,
  success: { status: 200, description: 'The current todo.', body: Todo, headers: ['ETag'] },
  refusals: ['not_found'],

  async run({ operations, caller, params }) {
    const todo = await operations.getTodo(caller, parseInput(GetTodoInput, { id: params.id }))
    return todoAnswer(new StoredAnswer<Todo>(JSON.stringify(todo), false))
  },
}
