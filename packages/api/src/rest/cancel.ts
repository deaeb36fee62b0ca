import { KeyInput, KeyOutcome } from '@idem/contract/operations'
import type { Endpoint } from './endpoint.ts'
import { parseInput } from './parse-input.ts'

export const cancel: Endpoint = {
  method: 'delete',
  path: '/outcomes/{key}',
  name: 'cancel',
  summary: 'Cancel a key',
  description:
    'Afterwards the key has an answer, or can never have an effect. What was answered is not taken back.',
  keyed: false,
  success: { status: 200, description: 'Which of the two it is.', body: KeyOutcome },
  refusals: ['key_malformed', 'key_from_future', 'in_flight'],

  async run({ operations, caller, params }) {
    const input = parseInput(KeyInput, { idempotencyKey: params.key })
    const { text } = await operations.cancel(caller, input)
    return { text }
  },
}
