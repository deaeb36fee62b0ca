import { DeleteTodoInput } from '@idem/contract/operations'
import { parseInput } from '../../http/parse-input.ts'
import type { Endpoint } from './endpoint.ts'
import { versionToMatch } from './if-match.ts'

export const deleteTodo: Endpoint = {
  method: 'delete',
  path: '/todos/{id}',
  name: 'deleteTodo',
  summary: 'Delete a todo',
  description:
    'Succeeds however often it is sent, also when there never was such a todo. With `If-Match` a todo at another version stays.',
  keyed: true,
  ifMatch: 'optional',
  success: { status: 204, description: 'No todo has this id now.' },
  refusals: ['version_conflict'],

  async run({ operations, caller, params, headers, key }) {
    const version = versionToMatch(headers)
    const arrived = { id: params.id, ...(version === undefined ? {} : { version }) }
    const input = parseInput(DeleteTodoInput, { ...arrived, idempotencyKey: key })
    const { replayed } = await operations.deleteTodo(caller, { input, arrived })
    return { replayed }
  },
}
