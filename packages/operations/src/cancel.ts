import type { KeyInput, KeyOutcome } from '@idem/contract/operations'
import { keyOutcomeAnswer } from './answers/key-outcome.ts'
import type { StoredAnswer } from './answers/stored-answer.ts'
import { toRefusal } from './answers/to-refusal.ts'
import type { Caller } from './intents/call.ts'
import type { Services } from './intents/services.ts'

/** Returns the outcome of the key, whichever of attempt and cancellation came first. */
export function cancel({ idempotency }: Services) {
  return async function cancel(
    { owner }: Caller,
    { idempotencyKey: key }: KeyInput,
  ): Promise<StoredAnswer<KeyOutcome>> {
    try {
      return keyOutcomeAnswer(await idempotency.cancel({ owner, key }))
    } catch (error) {
      throw toRefusal(error, { isRepeatable: true })
    }
  }
}
