import type { KeyInput, KeyOutcome } from '@idem/contract/operations'
import * as keys from '@idem/idempotency/outcome-of'
import { keyOutcomeAnswer } from './answers/key-outcome.ts'
import type { StoredAnswer } from './answers/stored-answer.ts'
import { toRefusal } from './answers/to-refusal.ts'
import type { Caller } from './intents/call.ts'
import type { Services } from './intents/services.ts'

/** Never changes anything. */
export function outcomeOf(services: Services) {
  return async function outcomeOf(
    { owner }: Caller,
    { idempotencyKey: key }: KeyInput,
  ): Promise<StoredAnswer<KeyOutcome>> {
    try {
      return keyOutcomeAnswer(await keys.outcomeOf(services.keys, { owner, key }))
    } catch (error) {
      throw toRefusal(error, { isRepeatable: true })
    }
  }
}
