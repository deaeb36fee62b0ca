import type { RefusalCode } from '@idem/contract/refusal'
import type { Refusal } from '@idem/outbox'

const codes: ReadonlySet<string | undefined> = new Set<RefusalCode>([
  'other_account',
  'unauthenticated',
])

/** Whether a request is accepted as soon as its account has signed in. */
export function needsSignIn(refusal: Pick<Refusal, 'code'> | undefined): boolean {
  return codes.has(refusal?.code)
}
