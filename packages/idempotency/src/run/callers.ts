import { IdempotencyError } from '../idempotency-error.ts'

/** As much of an `AbortSignal` as is read. Nothing listens to it, so a server may give an object that costs less. */
export type CallerSignal = { readonly aborted: boolean }

/** All that wait for one attempt: its own caller, and those of the duplicates that share it. Undefined is a caller that waits for ever. */
export type Callers = (CallerSignal | undefined)[]

type Waited = { readonly callers?: Callers }

/** Nobody waits for the attempt any more. */
export function isAbandoned({ callers }: Waited): boolean {
  return callers?.every((signal) => signal?.aborted === true) ?? false
}

/** To be called before an attempt takes something that others wait for. */
export function expectCallers(attempt: Waited): void {
  if (isAbandoned(attempt)) throw dropped()
}

export function dropped(): IdempotencyError {
  return new IdempotencyError('unavailable', { began: false, dropped: true })
}

export function wasDropped(error: unknown): boolean {
  return error instanceof IdempotencyError && error.dropped
}
