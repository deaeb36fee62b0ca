import { hash } from 'node:crypto'
import { IdempotencyError, isRefusal } from '../idempotency-error.ts'
import type { Intent, KeyName } from '../intent.ts'
import { type Claim, type Outcome, pairOf, wasDropped } from '../records/claim.ts'
import type { SingleFlight } from '../run/single-flight.ts'
import type { StoredError } from '../stored-error.ts'

/** How one attempt ended. It contains no input, no answer and no whole key, which do not belong in a log. */
export type AttemptReport = Pick<Intent, 'owner' | 'operation'> & {
  /** It came without a key, and was given one of its own. */
  readonly keyless: boolean
  /** Identifies the attempts of one intent: 12 hexadecimal digits of a hash of owner and key. Computed on request. */
  readonly keyHash: () => string
  /** Refused: also an attempt whose effect failed and was rolled back. Dropped: its caller had left before it began. */
  readonly outcome: 'executed' | 'replayed' | 'refused' | 'in_flight' | 'unavailable' | 'dropped'
  /** Why there is no outcome: an `IdempotencyError`, or the effect's own error. */
  readonly error: unknown
  /** The error that is stored with the key, when that is the outcome. */
  readonly storedError: StoredError | undefined
  readonly durationMs: number
  /** For the claim, and so for the transaction that held the key; undefined without a wait, as in a batch. */
  readonly claimWaitMs: number | undefined
  /** How old the stored outcome was when it was replayed. */
  readonly replayAgeMs: number | undefined
  /** A commit ended without an answer; this is how its intent ended. */
  readonly ambiguousCommit: 'executed' | 'replayed' | 'unresolved' | undefined
}

export type OnAttempt = (report: AttemptReport) => void

/** The part of OpenTelemetry's `Tracer` that is used. */
export type Tracer = {
  startActiveSpan<T>(name: string, options: object, work: (span: Span) => T): T
}

type Span = {
  setAttributes(attributes: Record<string, string | number | boolean>): unknown
  setStatus(status: { code: number }): unknown
  end(): void
}

type Listeners = {
  readonly onAttempt?: OnAttempt | undefined
  readonly tracer?: Tracer | undefined
}

type End = { readonly returned: Outcome | undefined; readonly error: unknown }

/** Reports each attempt once when it has ended, in success and failure. */
export function reportAttempts(
  singleFlight: SingleFlight,
  { onAttempt, tracer }: Listeners,
): SingleFlight {
  if (onAttempt === undefined && tracer === undefined) return singleFlight

  async function flyAndReport(...[claim, run, span]: [...Parameters<SingleFlight>, Span?]) {
    const begun = performance.now()
    const report = (end: End) => {
      const reported = reportOf(claim, end, performance.now() - begun)
      reportTo(onAttempt, reported)
      if (span !== undefined) reportTo((attempt) => endSpan(span, attempt), reported)
    }
    try {
      const returned = await singleFlight(claim, run)
      report({ returned, error: undefined })
      return returned
    } catch (error) {
      report({ returned: undefined, error })
      throw error
    }
  }

  if (tracer === undefined) return flyAndReport
  return (claim, run) =>
    tracer.startActiveSpan(`idempotent ${claim.operation}`, {}, (span) =>
      flyAndReport(claim, run, span),
    )
}

/** OpenTelemetry's `SpanStatusCode.ERROR`. */
const failed = { code: 2 }

/** Refusals, which the client caused, and what waits for another attempt are no failures of the server. */
function endSpan(span: Span, report: AttemptReport): void {
  const { operation, outcome, error, keyless, claimWaitMs, replayAgeMs, ambiguousCommit } = report
  span.setAttributes({
    'idem.operation': operation,
    'idem.outcome': outcome,
    'idem.key_hash': report.keyHash(),
    'idem.keyless': keyless,
    'idem.wait_ms': claimWaitMs ?? 0,
    ...(replayAgeMs !== undefined && { 'idem.replay_age_ms': replayAgeMs }),
    ...(ambiguousCommit !== undefined && { 'idem.ambiguous_commit': ambiguousCommit }),
  })
  const isUnexpected = outcome === 'refused' && error !== undefined && !isRefusal(error)
  if (isUnexpected || outcome === 'unavailable') span.setStatus(failed)
  span.end()
}

function reportOf(claim: Claim, end: End, durationMs: number): AttemptReport {
  const { returned, error } = end
  const { claimWaitMs, replayAgeMs = 0, ambiguous, isDuplicate } = claim.telemetry ?? {}
  const outcome = outcomeIn(end)
  const isLost = isDuplicate !== true && error instanceof IdempotencyError && error.ambiguous
  return {
    owner: claim.owner,
    operation: claim.operation,
    keyless: claim.keyless === true,
    keyHash: () => keyHashOf(claim),
    outcome,
    error,
    storedError: returned?.kind === 'refusal' ? returned : undefined,
    durationMs,
    claimWaitMs,
    replayAgeMs: outcome === 'replayed' ? replayAgeMs : undefined,
    ambiguousCommit: ambiguous === true || isLost ? resolutionOf(end) : undefined,
  }
}

/** Enough to distinguish the keys of a day, and too few to be a key. */
const hashCharacters = 12

function keyHashOf(name: KeyName): string {
  return hash('sha256', pairOf(name), 'hex').slice(0, hashCharacters)
}

function outcomeIn({ returned, error }: End): AttemptReport['outcome'] {
  if (returned?.replayed) return 'replayed'
  if (returned?.kind === 'answer') return 'executed'
  if (wasDropped(error)) return 'dropped'
  const code = error instanceof IdempotencyError ? error.code : undefined
  return code === 'in_flight' || code === 'unavailable' ? code : 'refused'
}

/** An attempt that finds no record does the work now; a refused one does not know the outcome. */
function resolutionOf({ returned }: End): AttemptReport['ambiguousCommit'] {
  if (returned === undefined) return 'unresolved'
  return returned.replayed ? 'replayed' : 'executed'
}

/** Calls a listener of the application: a committed attempt must not fail because its report did. */
export function reportTo<Report>(listener: ((report: Report) => void) | undefined, report: Report) {
  try {
    listener?.(report)
  } catch (error) {
    // Its message may contain the reported data.
    process.emitWarning(`An attempt could not be reported (${Object(error).name}).`)
  }
}
