import { OnceError } from './once-error.ts'
import { troubleOf } from './sql-state.ts'

/** After what was rolled back for certain, or may have been. */
const mostTries = 3
/** A request's ten seconds, less what the last try may still take. */
const lastTryAfterMs = 6_000

export type Try = {
  /** An earlier try ended without saying whether it was committed. */
  readonly doubtful: boolean
  /** To be called when the work is done and only the commit is left: from here on silence means doubt. */
  readonly committing: () => void
}

/**
 * Runs a transaction until it is known how it ended, and turns the database's
 * trouble into a `OnceError`: `in_flight` when a lock was waited for in vain,
 * `unavailable` when it could not be settled. Other errors are the work's own.
 *
 * The transaction must be one that may run again after it was committed
 * unseen: a keyed one, which finds its own record, or a naturally repeatable
 * one.
 */
export async function settle<T>(
  codeOf: (error: unknown) => string | undefined,
  transaction: (attempt: Try) => Promise<T>,
): Promise<T> {
  const begun = performance.now()
  let doubtful = false
  for (let tries = 1; ; tries += 1) {
    let committing = false
    try {
      return await transaction({
        doubtful,
        committing: () => {
          committing = true
        },
      })
    } catch (error) {
      if (error instanceof OnceError) throw error
      const trouble = troubleOf(codeOf(error), committing)
      if (trouble === 'bug') throw error
      if (trouble === 'waited_too_long') throw new OnceError('in_flight', { cause: error })
      const mayRunAgain = trouble !== 'never_started' && trouble !== 'no_room'
      const late = performance.now() - begun > lastTryAfterMs
      doubtful ||= trouble === 'unknown'
      if (!mayRunAgain || late || tries === mostTries) {
        throw new OnceError('unavailable', { cause: error, doubtful })
      }
      await jitter(tries)
    }
  }
}

// Two that met in a deadlock would meet again if both came back at once.
function jitter(tries: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** tries))
}
