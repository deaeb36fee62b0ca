import { KeyInput, KeyOutcome } from '@idem/contract/operations'
import type { Endpoint } from './endpoint.ts'
import { parseInput } from './parse-input.ts'

export const outcomeOf: Endpoint = {
  method: 'get',
  path: '/outcomes/{key}',
  name: 'outcomeOf',
  summary: 'Ask what became of a key',
  description:
    'Good news or no news: `unused` may only mean that an attempt is still under way. To be certain, cancel the key.',
  keyed: false,
  success: { status: 200, description: 'What is known of the key.', body: KeyOutcome },
  refusals: ['key_malformed'],

  async run({ operations, caller, params }) {
    const input = parseInput(KeyInput, { idempotencyKey: params.key })
    const { text } = await operations.outcomeOf(caller, input)
    return { text }
  },
}
