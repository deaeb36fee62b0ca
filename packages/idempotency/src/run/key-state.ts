import type { IdempotencyAdapter, Query } from '../adapter.ts'
import { IdempotencyError } from '../idempotency-error.ts'
import type { KeyName } from '../intent.ts'
import { clockRefusal, type IdempotencyRecord, type Records } from '../records/records.ts'
import { retryRead, retryTransaction, type Try } from './retry-transaction.ts'

/** The outcome of the intent that a key names. */
export type KeyOutcome =
  /** No record. An attempt may be in progress, so this proves nothing. */
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
  /** A time-ordered key whose record, if it ever existed, was removed; it will never be claimed again. */
  | { readonly state: 'forgotten' }

export type KeySettings = {
  readonly adapter: IdempotencyAdapter<unknown>
  readonly records: Records
}

/** The key is claimed again when its record vanished between the claim and the look-up. */
const mostTries = 3

/** Reads the outcome of a key, and changes nothing. */
export function outcomeOf(settings: KeySettings, name: KeyName): Promise<KeyOutcome> {
  const { adapter, records } = settings
  const read = async (query: Query): Promise<KeyOutcome> => {
    const found = await records.lookUp(query, name)
    if (found.state === 'found') return ofRecord(found.record)
    return { state: found.state === 'expired' ? 'forgotten' : 'unused' }
  }
  return retryRead({ adapter }, inTransaction(adapter, read))
}

/**
 * Settles a key: afterwards it has an answer, or can never have an effect.
 * Waits for an attempt in progress, as another attempt would.
 *
 * @throws IdempotencyError `key_from_future` for a key more than a day ahead: its record would be
 * kept for as long. `in_flight` also in the minute after the window of a time-ordered key.
 */
export function cancel(settings: KeySettings, name: KeyName): Promise<KeyOutcome> {
  const { adapter, records } = settings
  const cancelOrAnswer = async (query: Query): Promise<KeyOutcome> => {
    for (let tries = 1; tries <= mostTries; tries += 1) {
      if (await records.decideKey(query, name)) return { state: 'cancelled' }
      const found = await records.lookUp(query, name)
      if (found.state === 'found') return ofRecord(found.record)
      if (found.state === 'expired') return { state: 'forgotten' }
      if (found.state !== 'free' && found.state !== 'ahead') throw clockRefusal(found)
    }
    throw new IdempotencyError('in_flight')
  }
  // A second cancellation has no further effect.
  return retryTransaction({ adapter }, inTransaction(adapter, cancelOrAnswer))
}

function inTransaction(
  adapter: IdempotencyAdapter<unknown>,
  work: (query: Query) => Promise<KeyOutcome>,
) {
  return ({ committing }: Try) =>
    adapter.transaction(async (_, query) => {
      const outcome = await work(query)
      committing()
      return outcome
    })
}

function ofRecord(record: IdempotencyRecord): KeyOutcome {
  const { operation, answer, refusal, created_at: createdAt } = record
  const text = answer ?? refusal
  if (record.cancelled || operation === null) return { state: 'cancelled' }
  if (text === null) throw new IdempotencyError('effect_escaped')
  return {
    state: 'answered',
    operation,
    answeredAt: new Date(createdAt),
    kind: answer === null ? 'refusal' : 'answer',
    text,
  }
}
