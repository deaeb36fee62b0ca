import { refusalOf } from '@idem/client/refusal-of'

/** A single failure is not shown: the next attempt follows soon. */
export const soonMs = 1_000
const laterMs = 10_000
/** More than a server asks for; a longer timer would end at once. */
const longestMs = 60_000

/** How long to wait after so many failures in a row: as long as the server asks, if it answered. */
export function waitAfterFailure(error: unknown, failures: number): number {
  const askedMs = refusalOf(error)?.retryAfterMs
  if (askedMs !== undefined) return Math.min(Math.max(askedMs, soonMs), longestMs)
  return failures === 1 ? soonMs : laterMs
}
