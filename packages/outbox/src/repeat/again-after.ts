import { receivedRefusal } from './received-refusal.ts'
import type { Again } from './repeat.ts'

/** Time-out, too early, too many, and all 5xx except 501; those from 520 on come from gateways. */
const noAnswer = /^(408|425|429|5(?!01)..)$/

export type ErrorResponse = {
  readonly status: number
  /** The data in which the server's part puts its refusal; see `receivedRefusal`. */
  readonly data?: unknown
  readonly retryAfterMs?: number | undefined
}

/**
 * Whether another attempt follows an error of the server or of a proxy. Undefined: the
 * error is an answer. So is an application's own 409, which contains no refusal.
 */
export function againAfter({ status, data, retryAfterMs }: ErrorResponse): Again | undefined {
  const refusal = receivedRefusal(data)
  if (refusal) return refusal.retry === 'same_key' ? refusal : undefined
  return noAnswer.test(String(status)) ? { isFailure: status === 500, retryAfterMs } : undefined
}
