import type { RefusalCode } from '@idem/contract/refusal'
import type { Logger } from 'pino'

/** A flood of calls must not fill the log. */
const onceInMs = 1_000

export type RefusedCall = {
  readonly refusal: RefusalCode
  /** Whose session or key it was. Unknown for one that nobody has, or that has ended, and before it is looked at. */
  readonly owner: string | undefined
}

/** For the log: it names no e-mail address, and no address of a client. */
export type SignInEvent = {
  readonly action: string
  readonly outcome: 'done' | RefusalCode
  /** Unknown when the action was refused. */
  readonly owner?: string | undefined
}

type Line = { readonly name: string; readonly members: object; readonly words: string }
type Count = { loggedAt: number; more: number }

export type RefusalLogger = ReturnType<typeof refusalLogger>

/** Logs refusals at most once a second for each kind; `more` counts those without a line of their own. */
export function refusalLogger(log: Logger) {
  const counts = new Map<string, Count>()

  function write({ name, members, words }: Line): void {
    const now = performance.now()
    const count = counts.get(name) ?? { loggedAt: Number.NEGATIVE_INFINITY, more: 0 }
    counts.set(name, count)
    if (now - count.loggedAt < onceInMs) {
      count.more += 1
      return
    }
    log.info({ ...members, more: count.more }, words)
    Object.assign(count, { loggedAt: now, more: 0 })
  }

  return {
    /** A call that its session or API key does not admit, or that no correct client sends. */
    call(refused: RefusedCall): void {
      write({ name: refused.refusal, members: refused, words: 'call refused' })
    },
    /** An action on an account that was refused. */
    action(event: SignInEvent): void {
      write({ name: `${event.action} ${event.outcome}`, members: event, words: 'sign-in' })
    },
  }
}
