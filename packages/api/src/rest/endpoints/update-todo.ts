import { GetTodoInput, UpdateTodoInput } from '@idem/contract/operations'
import { RefusalError } from '@idem/contract/refusal'
import { Todo } from '@idem/contract/todo'
import { parseInput } from '../../http/parse-input.ts'
import type { Endpoint } from './endpoint.ts'
import { versionToMatch } from './if-match.ts'
import { todoAnswer } from './todo-answer.ts'

/** A PUT contains every member that can be changed; the version is a header. */
export const UpdateTodoBody = UpdateTodoInput.pick({ title: true, completed: true }).required()

export const updateTodo: Endpoint = {
  method: 'put',
  path: '/todos/{id}',
  name: 'updateTodo',
  summary: 'Change a todo',
  description:
    'Only the version named by `If-Match` is changed, so no change is overwritten unseen.',
  keyed: true,
  body: UpdateTodoBody,
  ifMatch: 'needed',
  success: {
    status: 200,
    description: 'The todo at its new version.',
    body: Todo,
    headers: ['ETag'],
  },
  refusals: ['not_found', 'version_conflict', 'version_missing'],

  async run({ operations, caller, params, headers, key, json }) {
    const body = json()
    parseInput(UpdateTodoBody, body)
    const version = versionToMatch(headers)
    if (version === undefined) {
      await operations.getTodo(caller, parseInput(GetTodoInput, { id: params.id }))
      throw new RefusalError('version_missing')
    }
    const arrived = { id: params.id, version, ...Object(body) }
    const input = parseInput(UpdateTodoInput, { ...arrived, idempotencyKey: key })
    return todoAnswer(await operations.updateTodo(caller, { input, arrived }))
  },
}
