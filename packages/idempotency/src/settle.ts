import { OnceError } from './once-error.ts'
import { type Trouble, troubleOf } from './sql-state.ts'

/** After what was rolled back for certain, or may have been. */
const mostTries = 3
/** A request's ten seconds, less what the last try may still take. */
const lastTryAfterMs = 6_000

export type Try = {
  /** An earlier try ended without saying whether it was committed. */
  readonly doubtful: boolean
  /** The error that ended the try before this one. */
  readonly failure: unknown
  /** To be called when the work is done and only the commit is left: from here on silence is ambiguous. */
  readonly committing: () => void
  /** To be called once it is certain that the earlier tries left nothing. */
  readonly rolledBack: () => void
}

export type SettleSettings = {
  readonly codeOf: (error: unknown) => string | undefined
  /** The same work may have been committed already, in another form. */
  readonly doubtful?: boolean
}

/**
 * Runs a transaction until it is known how it ended, and turns the database's
 * trouble into a `OnceError`: `in_flight` when a lock was waited for in vain,
 * `unavailable` when it could not be settled. Other errors are the work's own,
 * unless an earlier try may have been committed: that is no failure to report.
 *
 * The transaction must be one that may run again after it was committed
 * unseen: a keyed one, which finds its own record, or a naturally repeatable
 * one.
 */
export async function settle<T>(
  { codeOf, doubtful = false }: SettleSettings,
  transaction: (attempt: Try) => Promise<T>,
): Promise<T> {
  const begun = performance.now()
  let isDoubtful = doubtful
  let failure: unknown
  for (let tries = 1; ; tries += 1) {
    let committing = false
    try {
      return await transaction({
        doubtful: isDoubtful,
        failure,
        committing: () => {
          committing = true
        },
        rolledBack: () => {
          isDoubtful = false
        },
      })
    } catch (error) {
      if (error instanceof OnceError) throw error
      const trouble = troubleDuring(codeOf(error), committing)
      if (trouble === 'bug') throw isDoubtful ? unavailable(error, { doubtful: true }) : error
      if (trouble === 'waited_too_long') throw new OnceError('in_flight', { cause: error })
      const mayRunAgain = trouble !== 'never_started' && trouble !== 'no_room'
      const late = performance.now() - begun > lastTryAfterMs
      isDoubtful ||= trouble === 'unknown'
      if (!mayRunAgain || late || tries === mostTries) {
        const began = tries > 1 || trouble !== 'never_started'
        throw unavailable(error, { doubtful: isDoubtful, began })
      }
      failure = error
      await jitter(tries)
    }
  }
}

/**
 * Runs a read. One that took too long is not tried again: it would take as long
 * once more, of a database that is too busy already.
 */
export function settleRead<T>(
  settings: SettleSettings,
  read: (attempt: Try) => Promise<T>,
): Promise<T> {
  return settle(settings, (attempt) =>
    read(attempt).catch((error: unknown) => {
      throw settings.codeOf(error) === '57014' ? unavailable(error) : error
    }),
  )
}

/** Whoever asks for a commit has a connection; a refusal to connect is then some proxy's, and decides nothing. */
function troubleDuring(code: string | undefined, committing: boolean): Trouble {
  const trouble = troubleOf(code, committing)
  return committing && trouble === 'never_started' ? 'unknown' : trouble
}

function unavailable(cause: unknown, more: { doubtful?: boolean; began?: boolean } = {}) {
  return new OnceError('unavailable', { cause, ...more })
}

// Two that met in a deadlock would meet again if both came back at once.
function jitter(tries: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** tries))
}
