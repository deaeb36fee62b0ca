import { type HistoryEvent, isFinal } from '../senders/history.ts'
import type { Broken, Facts } from './facts.ts'

/** After the last fault each sender must get this many answers in a row. */
export const answersAfterHealing = 20
/** The maximum wait for these answers. */
export const patienceMs = 30_000

/** I8. */
export function everySenderIsWellAgain({ events, healedAt }: Facts): Broken {
  if (healedAt === undefined) return []
  const heard = events.filter(({ at, happened }) => happened.kind !== 'invoke' && at >= healedAt)
  const bySender = Map.groupBy(heard, ({ sender }) => sender)
  const senders = new Set(events.map(({ sender }) => sender))
  return [...senders].flatMap((sender): Broken => {
    const inTime = (bySender.get(sender) ?? []).filter(({ at }) => at <= healedAt + patienceMs)
    const longest = longestStreak(inTime)
    if (longest >= answersAfterHealing) return []
    return [
      [
        `sender ${sender}`,
        `had ${longest} answers in a row within ${patienceMs / 1_000} s after the last fault, not ${answersAfterHealing}`,
      ],
    ]
  })
}

function longestStreak(events: readonly HistoryEvent[]): number {
  let streak = 0
  return events.reduce((longest, event) => {
    streak = isFinal(event) ? streak + 1 : 0
    return Math.max(longest, streak)
  }, 0)
}

/** PostgreSQL terminates such a session after five seconds; the rest allows for a stopped machine or session. */
const longestIdleMs = 7_000

/** I11. A pooled connection has an open transaction that is never ended. */
export function noTransactionIsLeftOpen({ samples }: Facts): Broken {
  return samples.flatMap(({ at, quiet, idle }) =>
    idle.flatMap(({ pid, application, idleMs }): Broken => {
      const who = `session ${pid} (${application})`
      if (quiet) return [[who, `was left in an open transaction, seen at ${at} ms`]]
      return idleMs > longestIdleMs
        ? [[who, `was idle in a transaction for ${idleMs} ms, seen at ${at} ms`]]
        : []
    }),
  )
}
