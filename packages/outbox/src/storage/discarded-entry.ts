import type { Entry } from '../entry.ts'
import type { Next } from './step.ts'

/** An entry after a person discarded it: removed, or its key is being cancelled. */
export function discardedEntry(entry: Entry, canCancel: boolean): Next {
  const { status, body, isDiscarding } = entry
  if (body === undefined || !canCancel) return { ...entry, end: 'no answer' }
  const isInProgress = isDiscarding && status.state !== 'needs_person'
  return isInProgress ? entry : { ...entry, isDiscarding: true, status: { state: 'queued' } }
}
