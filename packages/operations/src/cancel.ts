import type { KeyInput, KeyOutcome } from '@idem/contract/operations'
import * as keys from '@idem/idempotency/outcome-of'
import { keyOutcomeAnswer } from './answers/key-outcome.ts'
import type { StoredAnswer } from './answers/stored-answer.ts'
import { toRefusal } from './answers/to-refusal.ts'
import type { Caller } from './intents/call.ts'
import type { Services } from './intents/services.ts'

/** Returns the outcome of the key, whichever of attempt and cancellation came first. */
export function cancel(services: Services) {
  return async function cancel(
    { owner }: Caller,
    { idempotencyKey: key }: KeyInput,
  ): Promise<StoredAnswer<KeyOutcome>> {
    try {
      return keyOutcomeAnswer(await keys.cancel(services.keys, { owner, key }))
    } catch (error) {
      throw toRefusal(error, { isRepeatable: true })
    }
  }
}
