import type { Transaction } from '@idem/database/prisma'
import { IdempotencyError, retryTransaction } from '@idem/idempotency'
import { StoredAnswer } from '../answers/stored-answer.ts'
import { toRefusal } from '../answers/to-refusal.ts'
import { expectCaller } from '../limits/expect-caller.ts'
import { inTurnOf } from '../limits/in-turn.ts'
import type { Caller } from './call.ts'
import type { Services } from './services.ts'

export type WithoutKey<Value> = {
  readonly caller: Caller
  /** The todo that the effect is about. */
  readonly id: string
  readonly effect: (tx: Transaction) => Promise<Value>
  /** After an ambiguous commit: `again` only when a second run answers like the first. */
  readonly afterAmbiguousCommit: 'again' | 'unavailable'
}

/**
 * Runs the effect of a call without a key. It must be naturally repeatable, and its
 * answer is not stored. Effects on one todo take turns.
 *
 * @throws RefusalError
 */
export async function withoutKey<Value>(
  services: Services,
  work: WithoutKey<Value>,
): Promise<StoredAnswer<Value>> {
  try {
    const value = await inTurnOf(services, work, () => inTransaction(services, work))
    return new StoredAnswer(JSON.stringify(value), false)
  } catch (error) {
    throw toRefusal(error, { isRepeatable: false })
  }
}

function inTransaction<Value>(
  { adapter }: Services,
  { caller, effect, afterAmbiguousCommit }: WithoutKey<Value>,
): Promise<Value> {
  return retryTransaction({ adapter }, async ({ ambiguous, committing }) => {
    if (ambiguous && afterAmbiguousCommit === 'unavailable') {
      throw new IdempotencyError('unavailable')
    }
    return adapter.transaction(async (tx) => {
      if (!ambiguous) expectCaller(caller.signal)
      const value = await effect(tx)
      committing()
      return value
    })
  })
}
