import type { Transaction } from '@idem/database/prisma'
import { IdempotencyError, type Intent, retryTransaction } from '@idem/idempotency'
import { StoredAnswer, storedAnswer } from '../answers/stored-answer.ts'
import { toRefusal } from '../answers/to-refusal.ts'
import type { Services } from './services.ts'

type Work<Value> = {
  /** Undefined for a call without a key. */
  readonly intent: Intent | undefined
  readonly parse: (value: unknown) => Value
  readonly effect: (tx: Transaction) => Promise<Value>
  /** Without a key, after an ambiguous commit: `again` only when a second run answers like the first. */
  readonly afterAmbiguousCommit: 'again' | 'unavailable'
}

/**
 * Runs the effect once per key. Without a key the effect must be naturally
 * repeatable, and its answer is not stored.
 *
 * @throws RefusalError
 */
export async function onceWhenKeyed<Value>(
  services: Services,
  work: Work<Value>,
): Promise<StoredAnswer<Value>> {
  const { intent, parse, effect } = work
  try {
    if (intent !== undefined) {
      return storedAnswer(await services.idempotency.run(intent, effect, { parse }))
    }
    return new StoredAnswer(JSON.stringify(await runWithoutKey(services, work)), false)
  } catch (error) {
    throw toRefusal(error, { isRepeatable: intent !== undefined })
  }
}

function runWithoutKey<Value>(
  { adapter }: Services,
  { effect, afterAmbiguousCommit }: Work<Value>,
): Promise<Value> {
  return retryTransaction({ adapter }, async ({ ambiguous, committing }) => {
    if (ambiguous && afterAmbiguousCommit === 'unavailable') {
      throw new IdempotencyError('unavailable')
    }
    return adapter.transaction(async (tx) => {
      const value = await effect(tx)
      committing()
      return value
    })
  })
}
