import type { TodoEntry } from './intent.ts'

const manyAttempts = 3
/** These pass by themselves. */
const passing: ReadonlySet<string> = new Set([
  'in_flight',
  'too_many',
  'unauthenticated',
  'unavailable',
])

/** Refused again and again with "try again": it goes on, but a person may want to give it up. */
export function isStuck({ status }: TodoEntry): boolean {
  if (status.state !== 'sending' && status.state !== 'waiting') return false
  const { lastError, attempts } = status
  return (
    attempts >= manyAttempts &&
    lastError?.kind === 'refused' &&
    !passing.has(lastError.refusal.code)
  )
}
