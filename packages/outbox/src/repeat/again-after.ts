import { receivedRefusal } from './refusal-of.ts'
import type { Again } from './repeat.ts'

/** Time-out, too early, too many, and all 5xx except 501; those from 520 on come from gateways. */
const noAnswer = /^(408|425|429|5(?!01)..)$/

export type ErrorResponse = {
  readonly status: number
  /** The data in which the server's part puts its refusal; see `receivedRefusal`. */
  readonly data?: unknown
  readonly retryAfterMs?: number | undefined
  /** An earlier attempt has no answer. */
  readonly isUnknown?: boolean
}

/**
 * Whether another attempt follows an error of the server or of a proxy. Undefined: the
 * error is an answer. So is an application's own 409, which contains no refusal; but after
 * an attempt without an answer a 4xx may be of a proxy, which proves nothing about it.
 */
export function againAfter({
  status,
  data,
  retryAfterMs,
  isUnknown,
}: ErrorResponse): Again | undefined {
  const refusal = receivedRefusal(data)
  if (refusal) return refusal.retry === 'same_key' ? refusal : undefined
  if (noAnswer.test(`${status}`)) return { isFailure: status === 500, retryAfterMs }
  return isUnknown && status < 500 ? { isFailure: true } : undefined
}
