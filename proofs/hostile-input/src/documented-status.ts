import type { RefusalCode } from '@idem/contract/refusal'

/**
 * The status of each refusal on both APIs, written from the contract and not from the code: an
 * accidental change of a status changes only the code.
 */
export const documentedStatus: Readonly<
  Record<RefusalCode, { readonly trpc: number; readonly rest: number }>
> = {
  key_missing: both(400),
  key_malformed: both(400),
  key_ambiguous: both(400),
  invalid_input: both(400),
  unauthenticated: both(401),
  reauthentication_required: both(403),
  forbidden: both(403),
  other_account: both(403),
  too_many: both(429),
  not_found: both(404),
  in_flight: both(409),
  cancelled: both(409),
  version_conflict: { trpc: 409, rest: 412 },
  version_missing: both(428),
  id_taken: both(409),
  key_expired: both(412),
  key_from_future: both(412),
  effect_escaped: both(500),
  key_reused: both(422),
  too_large: both(413),
  wrong_type: both(415),
  unavailable: both(503),
  no_such_route: both(404),
  method_not_allowed: both(405),
  unexpected: both(500),
}

function both(status: number) {
  return { trpc: status, rest: status }
}
