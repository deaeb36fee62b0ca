import { refusalOf } from '@idem/client/refusal-of'
import type { Wait } from './poll.ts'

/** Pages that were refused together must not come back together. */
const spreadMs = 500

/** The wait that an overloaded server asked for; undefined when it asked for none. */
export function askedWait(error: unknown): Wait | undefined {
  const { retryAfterMs = 0 } = refusalOf(error) ?? {}
  return retryAfterMs > 0 ? { askedMs: retryAfterMs + Math.random() * spreadMs } : undefined
}
