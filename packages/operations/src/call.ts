import type { CallerSignal } from '@idem/idempotency/server'

export type Caller = {
  /** The owner of the todos and keys that an operation uses. */
  readonly owner: string
  /** The origin of the call. Calls of one origin share its turns while others wait. */
  readonly from?: string | undefined
  /** Aborted when no caller waits for the answer any more: work that has not begun by then is dropped. */
  readonly signal?: CallerSignal | undefined
}

/** One call of an operation that changes something. */
export type Call<Input> = {
  /** Undefined for a call without a key, which the client cannot repeat. */
  readonly key: string | undefined
  readonly input: Input
  /** The input as received, less the key, from which the fingerprint is computed. */
  readonly arrived: unknown
}
