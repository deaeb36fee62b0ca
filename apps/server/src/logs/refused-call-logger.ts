import type { RefusalCode } from '@idem/contract/refusal'
import type { Logger } from 'pino'

/** A flood of calls must not fill the log. */
const onceInMs = 1_000

export type RefusedCall = {
  readonly refusal: RefusalCode
  /** Whose session or key it was. Unknown for one that nobody has, or that has ended, and before it is looked at. */
  readonly owner: string | undefined
}

type Count = { loggedAt: number; more: number }

/** Logs calls that are refused to their session or API key, or that no correct client sends. `more` counts those without a line of their own. */
export function refusedCallLogger(log: Logger): (refused: RefusedCall) => void {
  const counts = new Map<RefusalCode, Count>()

  return function logRefusedCall(refused) {
    const now = performance.now()
    const count = counts.get(refused.refusal) ?? { loggedAt: Number.NEGATIVE_INFINITY, more: 0 }
    counts.set(refused.refusal, count)
    if (now - count.loggedAt < onceInMs) {
      count.more += 1
      return
    }
    log.info({ ...refused, more: count.more }, 'call refused')
    Object.assign(count, { loggedAt: now, more: 0 })
  }
}
