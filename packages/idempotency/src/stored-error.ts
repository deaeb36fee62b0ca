import { type Json, textOf } from './json.ts'
import type { Outcome } from './records/claim.ts'

/** An error that is an answer, in its stored form: replayed with this text and this status, also by a release that does not know it. */
export type StoredError = {
  /** JSON. */
  readonly text: string
  readonly status?: number | undefined
  /** False for the one attempt whose effect threw it. */
  readonly replayed: boolean
}

export type StoredErrorOptions = {
  /** Returns the value to store for an error by which the effect declines; undefined for any other error, which rolls everything back. */
  readonly storeError?: ((error: unknown) => Json | undefined) | undefined
  /** The status stored with it, for an API over HTTP. */
  readonly errorStatus?: ((error: unknown) => number | undefined) | undefined
  /** Creates the error of every attempt, the first one included, so that all get the same. */
  readonly restoreError?: ((stored: Json, as: StoredError) => Error) | undefined
}

/** The outcome to store for an error by which the effect declined; undefined for any other error. */
export function outcomeOfError(
  error: unknown,
  { storeError, errorStatus }: StoredErrorOptions,
): Outcome | undefined {
  const stored = storeError?.(error)
  if (stored === undefined) return undefined
  return { kind: 'refusal', text: textOf(stored), status: errorStatus?.(error), replayed: false }
}

/** The error of one attempt, created from the stored one. */
export function errorOf(
  { text, status, replayed }: StoredError,
  { restoreError = declined }: StoredErrorOptions,
): Error {
  return restoreError(JSON.parse(text), { text, status, replayed })
}

function declined(stored: Json): Error {
  return new Error('The effect declined; `cause` is its stored error.', { cause: stored })
}
