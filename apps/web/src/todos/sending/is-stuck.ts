import type { TodoEntry } from './intent.ts'

const manyAttempts = 3
/** These are temporary. */
const passing: ReadonlySet<string> = new Set([
  'in_flight',
  'other_account',
  'too_many',
  'unauthenticated',
  'unavailable',
])

/** Repeatedly refused with `same_key`: it continues, but a person may want to discard it. */
export function isStuck({ status, attempts, lastError }: TodoEntry): boolean {
  if (status.state !== 'sending' && status.state !== 'waiting') return false
  return (
    attempts >= manyAttempts &&
    lastError?.kind === 'refused' &&
    lastError.refusal.retry === 'same_key' &&
    !passing.has(`${lastError.refusal.code}`)
  )
}
