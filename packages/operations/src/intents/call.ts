import type { CallerSignal } from '@idem/idempotency'

/** The owner of the todos and keys that an operation uses. */
export type Caller = {
  readonly owner: string
  /** The origin of the call. Calls of one origin share its turns while others wait. */
  readonly from?: string | undefined
  /** Aborted when no caller waits for the answer any more: work that has not begun by then is dropped. */
  readonly signal?: CallerSignal | undefined
}

/** The parsed input, and the input as received, from which the fingerprint is computed. */
export type Arrived<Input> = { readonly input: Input; readonly arrived: unknown }
