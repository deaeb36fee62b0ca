import { refusalOf } from '@idem/outbox'
import type { Wait } from './poll.ts'

/** Pages that were refused together must not come back together. */
const spreadMs = 500
/** More than a server asks for; a timer of weeks would end at once. */
const longestMs = 60_000

/** The wait that an overloaded server asked for; undefined when it asked for none. */
export function retryAfter(error: unknown): Wait | undefined {
  const { retryAfterMs = 0 } = refusalOf(error) ?? {}
  if (retryAfterMs <= 0) return undefined
  return { askedMs: Math.min(retryAfterMs, longestMs) + Math.random() * spreadMs }
}
