import type { IdempotencyAdapter } from '../adapter.ts'
import { causesOf } from '../causes-of.ts'
import { IdempotencyError } from '../idempotency-error.ts'
import { explainMissingTable, type FailureKind, failureKindOf } from './failure-kind.ts'

/** After a try that was certainly rolled back, or may have been. */
const mostTries = 3
/** A request's ten seconds, less the time that the last try may still take. */
const lastTryAfterMs = 6_000

export type Try = {
  /** An earlier try ended without saying whether it was committed. */
  readonly ambiguous: boolean
  /** The error that ended the try before this one. */
  readonly failure: unknown
  /** To be called when only the commit is left: from here on a missing answer is ambiguous. */
  readonly committing: () => void
  /** To be called once the rollback of the earlier tries is certain. */
  readonly rolledBack: () => void
}

export type RetrySettings = {
  readonly adapter: Pick<IdempotencyAdapter<never>, 'codeOf'>
  /** A batch may have committed the same work already. */
  readonly ambiguous?: boolean
}

/**
 * Runs a transaction until its outcome is known, at most three times and with
 * jitter in between, and turns database errors into an `IdempotencyError`. `run`
 * uses it for work that has a key. Work without one may use it as well, if it may
 * run again after a commit whose answer was lost.
 *
 * @throws IdempotencyError `in_flight` when a wait for a lock timed out, and
 * `unavailable` when the outcome is unknown. Any other error is the work's own,
 * unless an earlier try may have been committed: then a failure must not be
 * reported.
 */
export async function retryTransaction<T>(
  { adapter, ambiguous = false }: RetrySettings,
  transaction: (attempt: Try) => Promise<T>,
): Promise<T> {
  const begun = performance.now()
  let isAmbiguous = ambiguous
  let failure: unknown
  for (let tries = 1; ; tries += 1) {
    let committing = false
    try {
      return await transaction({
        ambiguous: isAmbiguous,
        failure,
        committing: () => {
          committing = true
        },
        rolledBack: () => {
          isAmbiguous = false
        },
      })
    } catch (error) {
      if (error instanceof IdempotencyError) throw isAmbiguous ? undecided(error) : error
      const code = codeOfKilled(error, adapter.codeOf(error))
      const kind = failureKindDuring(code, committing)
      if (kind === 'bug') {
        throw isAmbiguous
          ? unavailable(error, { ambiguous: true })
          : explainMissingTable(error, code)
      }
      if (kind === 'escaped') throw new IdempotencyError('effect_escaped', { cause: error })
      if (kind === 'waited_too_long') {
        throw new IdempotencyError('in_flight', { cause: error, ambiguous: isAmbiguous })
      }
      const mayRunAgain = kind !== 'never_started' && kind !== 'no_room'
      const late = performance.now() - begun > lastTryAfterMs
      isAmbiguous ||= kind === 'unknown'
      if (!mayRunAgain || late || tries === mostTries) {
        const began = tries > 1 || kind !== 'never_started'
        throw unavailable(error, { ambiguous: isAmbiguous, began })
      }
      failure = error
      await jitter(tries)
    }
  }
}

/**
 * Tries a read again, unless it took too long: it would take as long again, and the
 * database is too busy already.
 */
export function retryRead<T>(
  settings: RetrySettings,
  read: (attempt: Try) => Promise<T>,
): Promise<T> {
  return retryTransaction(settings, (attempt) =>
    read(attempt).catch((error: unknown) => {
      throw tooSlow.has(settings.adapter.codeOf(error) ?? '') ? unavailable(error) : error
    }),
  )
}

const tooSlow: ReadonlySet<string> = new Set(['57014', 'transaction_timeout'])

/** Citus gives a bug's code when its server is killed while it waits for another node. */
function codeOfKilled(error: unknown, code: string | undefined): string | undefined {
  const isKilled = [...causesOf(error)].some(({ message }) => message.includes('postmaster was'))
  return code === 'XX000' && isKilled ? '57P02' : code
}

/** A commit is sent over an open connection; a refusal to connect then comes from a proxy, and decides nothing. */
function failureKindDuring(code: string | undefined, committing: boolean): FailureKind {
  const kind = failureKindOf(code, committing)
  return committing && kind === 'never_started' ? 'unknown' : kind
}

function unavailable(cause: unknown, more: { ambiguous?: boolean; began?: boolean } = {}) {
  return new IdempotencyError('unavailable', { cause, ...more })
}

/** After an ambiguous commit no clock may decide: the key that is too old now may be the one in the commit. */
function undecided(error: IdempotencyError): IdempotencyError {
  if (error.code === 'in_flight')
    return new IdempotencyError('in_flight', { cause: error, ambiguous: true })
  const isByClock = error.code === 'key_expired' || error.code === 'key_from_future'
  return isByClock && !error.replayed ? unavailable(error, { ambiguous: true }) : error
}

// Two transactions that met in a deadlock would meet again if both came back at once.
function jitter(tries: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** tries))
}
