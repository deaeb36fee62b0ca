import { IdempotencyError } from '../idempotency-error.ts'
import type { KeyName } from '../intent.ts'

/** An intent with its fingerprint: same key and same fingerprint is the same intent. */
export type Claim = KeyName & {
  readonly operation: string
  /** The key was minted for this attempt, and no client knows it. */
  readonly keyless?: boolean
  /** Hexadecimal digits. */
  readonly fingerprint: string
  readonly telemetry?: AttemptTelemetry
  readonly callers?: Callers
  /** When the attempt claimed its key, by `performance.now()`. Its duplicates wait from then on. */
  claimedAt?: number | undefined
  /** The attempt whose effect called for this one; undefined after the end of this one. */
  around?: Claim | undefined
}

/** The outcome that is stored with a key and replayed to every later attempt, byte for byte. */
export type Outcome = {
  readonly kind: 'answer' | 'refusal'
  /** JSON, as stored. */
  readonly text: string
  /** The HTTP status stored with a refusal; without one it follows from the text. */
  readonly status?: number | undefined
  /** False for the one attempt that had the effect. */
  readonly replayed: boolean
}

/** NUL cannot be part of a stored name, so no two pairs have the same string. */
export function pairOf({ owner, key }: KeyName): string {
  return `${owner}\0${key}`
}

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

/**
 * Facts that are collected during an attempt, for its report. They decide nothing,
 * so a claim works without.
 */
export type AttemptTelemetry = {
  claimWaitMs?: number
  replayAgeMs?: number | undefined
  ambiguous?: boolean
  /** It shared the attempt of another one, and so that one's commit. */
  isDuplicate?: boolean
}

type Recorded = { readonly telemetry?: AttemptTelemetry }

/** Awaits the promise, and adds the time to the attempt's wait for its key. */
export async function waited<T>(attempt: Recorded, awaited: Promise<T>): Promise<T> {
  const ended = beginWait(attempt)
  try {
    return await awaited
  } finally {
    ended()
  }
}

/** The attempt waits for its key until the returned function is called for the first time. */
export function beginWait({ telemetry = {} }: Recorded): () => void {
  const begun = performance.now()
  let isOver = false
  return () => {
    if (isOver) return
    isOver = true
    const before = telemetry.claimWaitMs ?? 0
    record({ telemetry }, { claimWaitMs: before + performance.now() - begun })
  }
}

export function record({ telemetry }: Recorded, learnt: AttemptTelemetry): void {
  if (telemetry !== undefined) Object.assign(telemetry, learnt)
}
