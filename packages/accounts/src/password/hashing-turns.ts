import { RefusalError } from '@idem/contract/refusal'

/** A password hash takes a core for a tenth of a second and 46 MB. */
const atOnce = 2
/** They wait about a second. */
const mostWaiting = 20

/** Runs at most two at once; refuses more than twenty that wait. */
export function createHashingTurns() {
  let running = 0
  const waiting: (() => void)[] = []

  return async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= atOnce) {
      if (waiting.length >= mostWaiting) throw new RefusalError('too_many', { retryAfterMs: 2_000 })
      // The one before hands its turn over.
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
