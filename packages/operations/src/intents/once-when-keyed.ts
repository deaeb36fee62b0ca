import type { Transaction } from '@idem/database/prisma'
import { IdempotencyError, type Intent, retryTransaction } from '@idem/idempotency'
import { StoredAnswer, storedAnswer } from '../answers/stored-answer.ts'
import { toRefusal } from '../answers/to-refusal.ts'
import { expectCaller } from '../limits/expect-caller.ts'
import { inTurnOf } from '../limits/in-turn.ts'
import type { Caller } from './call.ts'
import type { Services } from './services.ts'

type Work<Value> = {
  readonly caller: Caller
  /** The todo that the effect is about. */
  readonly id: string
  /** Undefined for a call without a key. */
  readonly intent: Intent | undefined
  readonly parse: (value: unknown) => Value
  readonly effect: (tx: Transaction) => Promise<Value>
  /** Without a key, after an ambiguous commit: `again` only when a second run answers like the first. */
  readonly afterAmbiguousCommit: 'again' | 'unavailable'
}

/**
 * Runs the effect once per key. Without a key the effect must be naturally
 * repeatable, and its answer is not stored. Effects on one todo take turns.
 *
 * @throws RefusalError
 */
export async function onceWhenKeyed<Value>(
  services: Services,
  work: Work<Value>,
): Promise<StoredAnswer<Value>> {
  const { intent, caller, parse, effect } = work
  const inTurn = <R>(attempt: () => Promise<R>) => inTurnOf(services, work, attempt)
  try {
    if (intent !== undefined) {
      const options = { parse, signal: caller.signal, inTurn }
      return storedAnswer(await services.idempotency.run(intent, effect, options))
    }
    const value = await inTurn(() => runWithoutKey(services, work))
    return new StoredAnswer(JSON.stringify(value), false)
  } catch (error) {
    throw toRefusal(error, { isRepeatable: intent !== undefined })
  }
}

function runWithoutKey<Value>(
  { adapter }: Services,
  { caller, effect, afterAmbiguousCommit }: Work<Value>,
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
