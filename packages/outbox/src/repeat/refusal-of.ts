import type { Advised } from '../entry.ts'
import type { Outgoing } from '../transport.ts'
import { receivedRefusal } from './received-refusal.ts'

/** A refusal that was found in an error. */
export type ErrorRefusal = Advised & {
  /** From the server's part, for example `key_reused`; undefined for an error of the application. */
  readonly code?: string
  /** The server's clock, ISO 8601, when it refused a key because of its time. */
  readonly serverTime?: string
  readonly message: string
}

/** Not signed in, and "not now": it may be answered later. */
const notYet = [401, 408, 425, 429]
/** Only a person can change that. */
const forbidden = 403

/**
 * The refusal in an error of tRPC, or in any error with a `status`. Undefined for an
 * error after which the same request may be sent again automatically. After an attempt
 * without an answer only the server's part refuses: a 403, 404 or 413 may be of a proxy,
 * which does not know whether that attempt took effect.
 */
export function refusalOf(
  error: unknown,
  { isUnknown }: Partial<Pick<Outgoing, 'isUnknown'>> = {},
): ErrorRefusal | undefined {
  const { data, refusal, message = '', status = Object(data).httpStatus } = Object(error)
  const received = receivedRefusal(data) ?? receivedRefusal({ refusal })
  if (received !== undefined) return { ...received, message }
  if (isUnknown) return undefined
  if (status === forbidden) return { retry: 'ask_person', message }
  const isRefused = status >= 400 && status < 500 && !notYet.includes(status)
  return isRefused ? { retry: 'never', message } : undefined
}
