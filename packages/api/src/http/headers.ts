import type { IncomingMessage } from 'node:http'
import type { RefusalError } from '@idem/contract/refusal'

/** The longest wait of the refusals. */
export function retryAfter(refusals: readonly RefusalError[]): Record<string, string> {
  const waitMs = Math.max(0, ...refusals.map(({ refusal }) => refusal.retryAfterMs ?? 0))
  return waitMs === 0 ? {} : { 'retry-after': `${Math.ceil(waitMs / 1_000)}` }
}

/** Closes the connection after an unread body, whose rest would be parsed as the next request. */
export function closeIfUnread(request: IncomingMessage): Record<string, string> {
  return request.complete ? {} : { connection: 'close' }
}
