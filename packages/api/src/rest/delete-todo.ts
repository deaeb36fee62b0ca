import { DeleteTodoInput } from '@idem/contract/operations'
import type { Endpoint } from './endpoint.ts'
import { versionToMatch } from './if-match.ts'
import { parseInput } from './parse-input.ts'

export const deleteTodo: Endpoint = {
  method: 'delete',
  path: '/todos/{id}',
  name: 'deleteTodo',
  summary: 'Delete a todo',
  description:
    'Succeeds however often it is sent, also for what was never there. With `If-Match` a todo standing at another version stays.',
  keyed: true,
  ifMatch: 'optional',
  success: { status: 204, description: 'There is no todo of this id.' },
  refusals: ['version_conflict'],

  async run({ operations, caller, params, headers, key }) {
    const version = versionToMatch(headers)
    const arrived = { id: params.id, ...(version === undefined ? {} : { version }) }
    const input = parseInput(DeleteTodoInput, { ...arrived, idempotencyKey: key })
    const { replayed } = await operations.deleteTodo(caller, { input, arrived })
    return { replayed }
  },
}
