import type { KeyInput, KeyOutcome } from '@idem/contract/operations'
import { keyOutcomeAnswer } from './answers/key-outcome.ts'
import type { StoredAnswer } from './answers/stored-answer.ts'
import { toRefusal } from './answers/to-refusal.ts'
import type { Caller } from './intents/call.ts'
import type { Services } from './intents/services.ts'
import { expectCaller } from './limits/expect-caller.ts'
import { inTransactionTurn } from './limits/in-turn.ts'

/** Returns the outcome of the key: an attempt or the cancellation came first. */
export function cancel(services: Services) {
  return async function cancel(
    caller: Caller,
    { idempotencyKey: key }: KeyInput,
  ): Promise<StoredAnswer<KeyOutcome>> {
    try {
      const outcome = await inTransactionTurn(services, caller, () => {
        expectCaller(caller.signal)
        return services.idempotency.cancel({ owner: caller.owner, key })
      })
      return keyOutcomeAnswer(outcome)
    } catch (error) {
      throw toRefusal(error, { isRepeatable: true })
    }
  }
}
