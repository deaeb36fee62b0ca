import { setTimeout as pause } from 'node:timers/promises'
import type { Answer, Attempt } from '../http/send.ts'

const firstPauseMs = 50
const longestPauseMs = 1_000
/** A stored error 500 is replayed for ever; another one passes. */
const serverErrors = 3

/** Statuses that ask for a repetition. 409 and 425: another attempt is in progress. */
const inProgress = [409, 425]
const busy = [429, 502, 503, 504]

/** Whether the last word about an intent is still to come. */
export function isPending({ status }: Attempt): boolean {
  return status === 'no answer' || inProgress.includes(status) || busy.includes(status)
}

/** Repeats the attempt until it has its answer, or until the time is over. */
export function settle(attempt: () => Promise<Attempt>, timeMs: number): Promise<Attempt> {
  return repeat({ attempt, timeMs, isPending })
}

/** Like `settle`, for a request that may be refused because of its key: 409 is an answer. */
export function askWhetherRefused(
  attempt: () => Promise<Attempt>,
  timeMs: number,
): Promise<Attempt> {
  return repeat({
    attempt,
    timeMs,
    isPending: ({ status }) => status === 'no answer' || busy.includes(status),
  })
}

async function repeat(options: {
  readonly attempt: () => Promise<Attempt>
  readonly timeMs: number
  readonly isPending: (attempt: Attempt) => boolean
}): Promise<Attempt> {
  const end = performance.now() + options.timeMs
  let errors = 0
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const answer = await options.attempt()
    if (answer.status === 500) errors += 1
    const isOver = answer.status === 500 ? errors >= serverErrors : !options.isPending(answer)
    const waitMs = Math.max(pauseMs, askedWaitMs(answer))
    if (isOver || performance.now() + waitMs > end) return answer
    await pause(waitMs)
  }
}

/** At most two seconds: a check has to end. */
function askedWaitMs(attempt: Attempt): number {
  if (attempt.status === 'no answer') return 0
  const seconds = Number((attempt as Answer).headers['retry-after'])
  return Number.isFinite(seconds) ? Math.min(seconds, 2) * 1_000 : 0
}
