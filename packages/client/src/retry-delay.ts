import { refusalOf } from './refusal-of.ts'

const firstMs = 500
const longestMs = 60_000

/**
 * How long to wait before the same call is sent again, in milliseconds; undefined when the server says
 * that this is of no use. Anything up to 0.5 s doubling to 60 s (full jitter), and never before the time
 * that the server asked for, with a spread of 0.5 s: clients that were refused together must not come
 * back together.
 *
 * @param error what the call rejected with; no answer at all may be repeated too
 * @param attempts how often it was sent so far, from 1
 */
export function retryDelayMs(error: unknown, attempts: number): number | undefined {
  const refusal = refusalOf(error)
  if (refusal !== undefined && refusal.retry !== 'same_key') return undefined
  const jitterMs = Math.random() * Math.min(longestMs, firstMs * 2 ** (attempts - 1))
  const askedMs = refusal?.retryAfterMs ?? 0
  return askedMs > 0 ? Math.max(jitterMs, askedMs + Math.random() * firstMs) : jitterMs
}
