import type { Attempt, Outcome } from './attempt.ts'
import { OnceError } from './once-error.ts'
import type { Claim } from './records.ts'

/** How one attempt ended. */
export type AttemptReport = {
  /** Holds the whole key and the input: neither is for a log. */
  readonly attempt: Attempt
  /** Refused is also what failed by an error of the effect's own and was rolled back. */
  readonly outcome: 'executed' | 'replayed' | 'refused' | 'in_flight' | 'unavailable'
  /** Why there is nothing to tell the caller: a `OnceError`, or what the effect threw. */
  readonly error: unknown
  /** What the caller is told: an answer, or a refusal that is stored. */
  readonly told: Outcome | undefined
  readonly durationMs: number
  /** For the claim, and so for whoever held the key; undefined when none was waited for, as in a group. */
  readonly claimWaitMs: number | undefined
  /** How old the stored outcome was when it was replayed. */
  readonly replayAgeMs: number | undefined
  /** A commit went unanswered, and this is what became of its intent. */
  readonly doubt: 'executed' | 'replayed' | 'unresolved' | undefined
}

export type OnAttempt = (report: AttemptReport) => void

type Fly = (claim: Claim, run: () => Promise<Outcome>) => Promise<Outcome>

type End = Pick<AttemptReport, 'told' | 'error'>

/** Reports each attempt once, when it has ended, whichever way it went. */
export function reportAttempts(fly: Fly, onAttempt: OnAttempt | undefined): Fly {
  if (onAttempt === undefined) return fly

  return async function flyAndReport(claim, run) {
    const begun = performance.now()
    const report = (end: End) => tell(onAttempt, reportOf(claim, end, performance.now() - begun))
    try {
      const told = await fly(claim, run)
      report({ told, error: undefined })
      return told
    } catch (error) {
      report({ told: undefined, error })
      throw error
    }
  }
}

/** What was committed must not be called a failure because somebody could not count it. */
function tell(onAttempt: OnAttempt, report: AttemptReport): void {
  try {
    onAttempt(report)
  } catch (error) {
    // Its message may hold what it was reporting.
    process.emitWarning(`An attempt could not be reported (${Object(error).name}).`)
  }
}

function reportOf(claim: Claim, end: End, durationMs: number): AttemptReport {
  const { claimWaitMs, replayAgeMs = 0, doubtful = false, isTwin = false } = claim.notes ?? {}
  const outcome = outcomeOf(end)
  const isLost = !isTwin && end.error instanceof OnceError && end.error.doubtful
  const inDoubt = doubtful || isLost
  return {
    ...end,
    attempt: claim,
    outcome,
    durationMs,
    claimWaitMs,
    replayAgeMs: outcome === 'replayed' ? replayAgeMs : undefined,
    doubt: inDoubt ? resolutionOf(end) : undefined,
  }
}

function outcomeOf({ told, error }: End): AttemptReport['outcome'] {
  if (told?.replayed) return 'replayed'
  if (told?.kind === 'answer') return 'executed'
  const code = error instanceof OnceError ? error.code : undefined
  return code === 'in_flight' || code === 'unavailable' ? code : 'refused'
}

/** Whoever finds no record does the work now; whoever was refused cannot say what became of it. */
function resolutionOf({ told }: End): AttemptReport['doubt'] {
  if (told === undefined) return 'unresolved'
  return told.replayed ? 'replayed' : 'executed'
}
