import type { KeyInput, KeyOutcome } from '@idem/contract/operations'
import { keyOutcomeAnswer } from './answers/key-outcome.ts'
import type { StoredAnswer } from './answers/stored-answer.ts'
import { toRefusal } from './answers/to-refusal.ts'
import type { Caller } from './intents/call.ts'
import type { Services } from './intents/services.ts'
import { expectCaller } from './limits/expect-caller.ts'

/** Never changes anything. */
export function outcomeOf({ idempotency }: Services) {
  return async function outcomeOf(
    { owner, signal }: Caller,
    { idempotencyKey: key }: KeyInput,
  ): Promise<StoredAnswer<KeyOutcome>> {
    try {
      expectCaller(signal)
      return keyOutcomeAnswer(await idempotency.outcomeOf({ owner, key }))
    } catch (error) {
      throw toRefusal(error, { isRepeatable: true })
    }
  }
}
