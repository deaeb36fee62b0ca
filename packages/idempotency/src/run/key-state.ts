import type { IdempotencyAdapter, Query } from '../adapter.ts'
import { IdempotencyError } from '../idempotency-error.ts'
import type { KeyName } from '../intent.ts'
import {
  clockRefusal,
  type IdempotencyRecord,
  type LookUp,
  type Records,
} from '../records/records.ts'
import { retryRead, retryTransaction, type Try } from './retry-transaction.ts'

/** The state of the intent that a key names. */
export type KeyState =
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

type KeySettings = {
  readonly adapter: IdempotencyAdapter<unknown>
  readonly records: Records
}

/** The key is looked up again when an attempt has claimed it since. */
const mostTries = 3

/** Reads the state of a key, and changes nothing. */
export function readKeyState({ adapter, records }: KeySettings, name: KeyName): Promise<KeyState> {
  const read = async (query: Query): Promise<KeyState> =>
    settledState(await records.lookUp(query, name)) ?? { state: 'unused' }
  return retryRead({ adapter }, inTransaction(adapter, read))
}

/**
 * Settles a key: afterwards it has an answer, or can never have an effect.
 * Waits for an attempt in progress, as another attempt would.
 *
 * @throws IdempotencyError `key_from_future` for a key more than a day ahead: its record would be
 * kept for as long. `in_flight` also in the minute after the window of a time-ordered key.
 */
export function cancel({ adapter, records }: KeySettings, name: KeyName): Promise<KeyState> {
  const cancelOrRead = async (query: Query): Promise<KeyState> => {
    await records.limitWaits(query)
    for (let tries = 1; tries <= mostTries; tries += 1) {
      const found = await records.lookUp(query, name)
      const settled = settledState(found)
      if (settled !== undefined) return settled
      if (found.state === 'from_future' || found.state === 'just_expired') throw clockRefusal(found)
      if (await records.decideKey(query, name)) return { state: 'cancelled' }
    }
    throw new IdempotencyError('in_flight')
  }
  // A second cancellation has no further effect.
  return retryTransaction({ adapter }, inTransaction(adapter, cancelOrRead))
}

function inTransaction(
  adapter: IdempotencyAdapter<unknown>,
  work: (query: Query) => Promise<KeyState>,
) {
  return ({ committing }: Try) =>
    adapter.transaction(async (_, query) => {
      const state = await work(query)
      committing()
      return state
    })
}

/** Undefined for a key that may still be claimed, or whose claim may be in progress. */
function settledState(found: LookUp): KeyState | undefined {
  if (found.state === 'expired') return { state: 'forgotten' }
  return found.state === 'found' ? stateOf(found.record) : undefined
}

function stateOf(record: IdempotencyRecord): KeyState {
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
