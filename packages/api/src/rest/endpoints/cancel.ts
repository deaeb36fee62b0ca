import { KeyInput, KeyOutcome } from '@idem/contract/operations'
import { parseInput } from '../../http/parse-input.ts'
import type { Endpoint } from './endpoint.ts'

export const cancel: Endpoint = {
  method: 'delete',
  path: '/outcomes/{key}',
  name: 'cancel',
  summary: 'Cancel a key',
  description:
    'Afterwards the key has an answer, or can never have an effect. An answered intent is not undone.',
  keyed: false,
  success: { status: 200, description: 'The outcome of the key.', body: KeyOutcome },
  refusals: ['key_malformed', 'effect_escaped', 'key_from_future', 'in_flight'],

  async run({ operations, caller, params }) {
    const input = parseInput(KeyInput, { idempotencyKey: params.key })
    const { text } = await operations.cancel(caller, input)
    return { text }
  },
}
