import type { Query, Transact } from './attempt.ts'
import type { KeyPolicy } from './key-policy.ts'
import { OnceError } from './once-error.ts'
import { cancelKey, type IdempotencyRecord, type KeyName, lookUp } from './records.ts'
import { settle, settleRead } from './settle.ts'

/** What became of the intent a key names. */
export type KeyOutcome =
  /** No record. An attempt may be under way, so this is no news, not bad news. */
  | { readonly state: 'unused' }
  | {
      readonly state: 'answered'
      readonly operation: string
      readonly answeredAt: Date
      readonly kind: 'answer' | 'refusal'
      /** JSON, as stored. */
      readonly text: string
    }
  /** It will never have an effect. */
  | { readonly state: 'cancelled' }
  /** A timed key whose record, if there ever was one, was cleaned; it will never be claimed again. */
  | { readonly state: 'forgotten' }

export type KeySettings = {
  readonly transact: Transact<unknown>
  readonly policy: KeyPolicy
  readonly codeOf: (error: unknown) => string | undefined
}

/** Claim again when the record vanished between the claim and the look-up. */
const mostTries = 3

/** Asks what became of a key, and changes nothing. */
export function outcomeOf(settings: KeySettings, name: KeyName): Promise<KeyOutcome> {
  const { transact, policy } = settings
  return settleRead(settings, ({ committing }) =>
    transact(async (_, query) => {
      const found = await lookUp(query, name, policy)
      committing()
      if (found.state === 'found') return ofRecord(found.record)
      return { state: found.state === 'expired' ? 'forgotten' : 'unused' }
    }),
  )
}

/**
 * Settles a key: afterwards it has an answer, or can never have an effect.
 * Waits for an attempt that is under way, as another attempt would.
 *
 * @throws OnceError `key_from_future`: such a key could still be claimed once
 * its time comes, long after this cancellation was forgotten.
 */
export function cancel(settings: KeySettings, name: KeyName): Promise<KeyOutcome> {
  const cancelOrAnswer = async (query: Query): Promise<KeyOutcome> => {
    for (let tries = 1; tries <= mostTries; tries += 1) {
      if (await cancelKey(query, name, settings.policy)) return { state: 'cancelled' }
      const found = await lookUp(query, name, settings.policy)
      if (found.state === 'found') return ofRecord(found.record)
      if (found.state === 'expired') return { state: 'forgotten' }
      if (found.state === 'from_future') throw new OnceError('key_from_future', found)
    }
    throw new OnceError('in_flight')
  }
  // To cancel twice does no more than to cancel once.
  return settle(settings, ({ committing }) =>
    settings.transact(async (_, query) => {
      const outcome = await cancelOrAnswer(query)
      committing()
      return outcome
    }),
  )
}

function ofRecord(record: IdempotencyRecord): KeyOutcome {
  const { operation, answer, refusal, created_at: answeredAt } = record
  const text = answer ?? refusal
  if (record.cancelled || operation === null || text === null) return { state: 'cancelled' }
  return {
    state: 'answered',
    operation,
    answeredAt,
    kind: answer === null ? 'refusal' : 'answer',
    text,
  }
}
