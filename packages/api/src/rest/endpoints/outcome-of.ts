import { KeyInput, KeyOutcome } from '@idem/contract/operations'
import { parseInput } from '../../http/parse-input.ts'
import type { Endpoint } from './endpoint.ts'

export const outcomeOf: Endpoint = {
  method: 'get',
  path: '/outcomes/{key}',
  name: 'outcomeOf',
  summary: 'Query a key',
  description:
    '`unused` may only mean that an attempt is still in progress. To be certain, cancel the key.',
  keyed: false,
  success: { status: 200, description: 'The outcome of the key.', body: KeyOutcome },
  refusals: ['key_malformed', 'effect_escaped'],

  async run({ operations, caller, params }) {
    const input = parseInput(KeyInput, { idempotencyKey: params.key })
    const { text } = await operations.outcomeOf(caller, input)
    return { text }
  },
}
