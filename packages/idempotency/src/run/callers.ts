import { IdempotencyError } from '../idempotency-error.ts'

/** The part of an `AbortSignal` that is read. It needs no listeners, so a server may use a cheaper object. */
export type CallerSignal = { readonly aborted: boolean }

/** All callers that wait for one attempt: its own, and those of the duplicates that share it. Undefined is a caller that waits for ever. */
export type Callers = (CallerSignal | undefined)[]

type Waited = { readonly callers?: Callers }

/** No caller waits for the attempt any more. */
export function isAbandoned({ callers }: Waited): boolean {
  return callers?.every((signal) => signal?.aborted === true) ?? false
}

/** Called before an attempt takes a resource that others wait for. */
export function expectCallers(attempt: Waited): void {
  if (isAbandoned(attempt)) throw dropped()
}

export function dropped(): IdempotencyError {
  return new IdempotencyError('unavailable', { began: false, dropped: true })
}

export function wasDropped(error: unknown): boolean {
  return error instanceof IdempotencyError && error.dropped
}
