import { setTimeout } from 'node:timers/promises'
import { RefusalError } from '@idem/contract/refusal'
import type { Query } from './query.ts'
import { secretHash } from './secret-hash.ts'

/** In fifteen minutes. A known device has a count of its own, so the failures of others never lock it out. */
const most = {
  password: { device: 5, pair: 5, account: 50, address: 50 },
  // A code has six digits and four of them are right at a time, so fewer guesses for those who have the password.
  code: { device: 5, pair: 5, account: 10, address: 50 },
}

export type Attempt = {
  readonly kind: keyof typeof most
  readonly email: string
  /** The address of the connection, or of a trusted proxy's client. */
  readonly address: string
  /** A device on which this account has signed in before. */
  readonly device: string | undefined
}

/** A flood from one address costs no statements in between, and takes no connection from those who are signed in. */
const askAgainMs = 5_000
/** A client that does not wait sends no more than this: 200 connections of one would take the processor from everybody. */
const heldMs = 1_000
/** Some megabytes. */
const mostRemembered = 10_000

export type Throttle = ReturnType<typeof createThrottle>

export type ThrottleSettings = {
  readonly now?: () => number
  readonly pause?: (ms: number) => Promise<unknown>
}

export function createThrottle(
  query: Query,
  { now = () => performance.now(), pause = setTimeout }: ThrottleSettings = {},
) {
  /** When they may be tried again, and until when the database is not asked. */
  const refused = new Map<string, { readonly endsAt: number; readonly until: number }>()

  function remember(subject: string, waitMs: number): void {
    refused.delete(subject)
    const [oldest] = refused.keys()
    if (refused.size >= mostRemembered && oldest !== undefined) refused.delete(oldest)
    refused.set(subject, { endsAt: now() + waitMs, until: now() + Math.min(waitMs, askAgainMs) })
  }

  function rememberedWaits(subjects: readonly string[]): number[] {
    return subjects.flatMap((subject) => {
      const { endsAt = 0, until = 0 } = refused.get(subject) ?? {}
      return until > now() ? [Math.ceil(endsAt - now())] : []
    })
  }

  /**
   * Counts an attempt before the password or code is looked at, so that attempts at the same time are counted too.
   *
   * @returns takes the attempt back, after the right one
   * @throws RefusalError `too_many`
   */
  return async function countAttempt(attempt: Attempt): Promise<() => Promise<void>> {
    const limits = limitsOf(attempt)
    const subjects = [...limits.keys()]
    const waits = rememberedWaits(subjects)
    if (waits.length > 0) await pause(heldMs)
    expectNone(waits)
    const [first = '', ...others] = subjects
    const rows = await query(count, [first, others.sort(), limits.get(first)])
    const over = rows.filter(
      ({ subject, attempts }) => Number(attempts) > (limits.get(String(subject)) ?? 0),
    )
    for (const { subject, wait_ms } of over) remember(String(subject), Number(wait_ms))
    expectNone(over.map(({ wait_ms }) => Number(wait_ms)))
    return async () => {
      await query(
        'update sign_in_attempt set attempts = greatest(attempts - 1, 0) where subject = any($1)',
        [subjects],
      )
      for (const subject of subjects) refused.delete(subject)
    }
  }
}

function expectNone(waits: readonly number[]): void {
  if (waits.length > 0) throw new RefusalError('too_many', { retryAfterMs: Math.max(...waits) })
}

/** The narrowest first. Hashed, so that the table names no e-mail address. */
function limitsOf({ kind, email, address: written, device }: Attempt): Map<string, number> {
  const address = networkOf(written)
  const limits = most[kind]
  const subject = (text: string) => secretHash(`${kind} ${text}`)
  if (device !== undefined) return new Map([[subject(`device ${device} ${email}`), limits.device]])
  return new Map([
    [subject(`pair ${email} ${address}`), limits.pair],
    [subject(`account ${email}`), limits.account],
    [subject(`address ${address}`), limits.address],
  ])
}

/** A provider gives each customer at least a /64 of IPv6 addresses. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [start = [], end = []] = address.split('::').map((part) => part.split(':'))
  const zeros = Array.from({ length: Math.max(0, 8 - start.length - end.length) }, () => '0')
  return [...start, ...zeros, ...end].slice(0, 4).join(':')
}

// Without `now()`, and with the difference of two times: Citus takes only what is immutable here.
const isOver = `excluded.started_at - each.started_at > interval '15 minutes'`
const add = `on conflict (subject) do update set
    attempts = case when ${isOver} then 1 else each.attempts + 1 end,
    started_at = case when ${isOver} then excluded.started_at else each.started_at end
  returning subject, attempts, started_at`

// An attempt that its first subject refuses is not counted for the account: one address alone could otherwise
// refuse it to everyone. Sorted subjects, so that two attempts lock their rows in the same order.
const count = `
  with first as (
    insert into sign_in_attempt as each (subject, attempts, started_at) values ($1, 1, now()) ${add}
  ), others as (
    insert into sign_in_attempt as each (subject, attempts, started_at)
      select other, 1, now() from first, unnest($2::text[]) as other where first.attempts <= $3 ${add}
  )
  select subject, attempts,
      ceil(extract(epoch from interval '15 minutes' - (now() - started_at)) * 1000)::int as wait_ms
    from (select * from first union all select * from others) as counted`
