import type { Transaction } from '@idem/database/prisma'
import type { Attempt, Parser } from '@idem/idempotency/attempt'
import { OnceError } from '@idem/idempotency/once-error'
import { settle } from '@idem/idempotency/settle'
import { answerOf, StoredAnswer } from '../answers/stored-answer.ts'
import { toRefusal } from '../answers/to-refusal.ts'
import type { Services } from './services.ts'

type Work<Value> = {
  /** Undefined for a call without a key. */
  readonly attempt: Attempt | undefined
  readonly answer: Parser
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
  const { attempt, answer, effect } = work
  try {
    if (attempt !== undefined) return answerOf(await services.once({ attempt, answer, effect }))
    return new StoredAnswer(JSON.stringify(await runWithoutKey(services, work)), false)
  } catch (error) {
    throw toRefusal(error, { isRepeatable: attempt !== undefined })
  }
}

function runWithoutKey<Value>(
  { keys }: Services,
  { effect, afterAmbiguousCommit }: Work<Value>,
): Promise<Value> {
  return settle(keys, async ({ doubtful, committing }) => {
    if (doubtful && afterAmbiguousCommit === 'unavailable') throw new OnceError('unavailable')
    return keys.transact(async (tx) => {
      const value = await effect(tx)
      committing()
      return value
    })
  })
}
