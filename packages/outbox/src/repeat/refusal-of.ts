import type { Refusal } from '../entry.ts'
import type { Outgoing } from '../transport.ts'

/** All 4xx but "not signed in" and "not now": those may be answered later. */
const refused = /^4(?!01|08|25|29)..$/
/** Only a person can change that. */
const forbidden = 403

/**
 * The refusal in an error of tRPC, also in one with a response that is not of tRPC, or in any
 * error with a `status` or the members of a problem document. Undefined for an error after
 * which the same request may be sent again automatically. After an attempt without an answer only the server's part refuses: a 403,
 * 404 or 413 may be of a proxy, which does not know whether that attempt took effect.
 */
export function refusalOf(
  error: unknown,
  { isUnknown }: Partial<Pick<Outgoing, 'isUnknown'>> = {},
): Refusal | undefined {
  const { data, message, meta, status = data?.httpStatus ?? meta?.response?.status } = Object(error)
  const received = receivedRefusal(data) ?? receivedRefusal(error)
  if (received) return { message, ...received }
  if (isUnknown || !refused.test(status)) return undefined
  return { retry: status === forbidden ? 'ask_person' : 'never', message }
}

/** A refused form has the key under which it was submitted. */
export type FormRefusal = Refusal & { readonly key?: string }

/**
 * The refusal that the server's part put into the data of a tRPC error (`idem`, or `refusal`) or
 * into the body of an HTTP error (`refusal`). Undefined for an error of the application.
 */
export function receivedRefusal(from: unknown): FormRefusal | undefined {
  const { refusal, idem = refusal } = Object(from)
  return typeof idem?.retry === 'string' ? idem : undefined
}
