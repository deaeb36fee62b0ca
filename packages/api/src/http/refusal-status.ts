import type { RefusalCode, RefusalError } from '@idem/contract/refusal'
import { StoredRefusal } from '@idem/operations/stored-refusal'

/** The HTTP status of each refusal. */
export const refusalStatus: Readonly<Record<RefusalCode, number>> = {
  key_missing: 400,
  key_malformed: 400,
  key_ambiguous: 400,
  invalid_input: 400,
  unauthenticated: 401,
  forbidden: 403,
  too_many: 429,
  not_found: 404,
  in_flight: 409,
  cancelled: 409,
  version_conflict: 412,
  version_missing: 428,
  id_taken: 409,
  key_expired: 412,
  key_from_future: 412,
  effect_escaped: 500,
  key_reused: 422,
  too_large: 413,
  wrong_type: 415,
  unavailable: 503,
  no_such_route: 404,
  method_not_allowed: 405,
  unexpected: 500,
}

/** For a stored refusal, the status of the first response. */
export function statusOf(refusal: RefusalError): number {
  if (!(refusal instanceof StoredRefusal)) return refusalStatus[refusal.refusal.code]
  const { status, code } = refusal
  return status ?? (code === undefined ? statusOfUnknown : refusalStatus[code])
}

/** Stored refusals depend on the state of a todo; most of them are conflicts. */
const statusOfUnknown = 409
