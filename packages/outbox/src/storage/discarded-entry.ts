import type { Entry } from '../entry.ts'
import type { Next } from './step.ts'

/** An entry after a person discarded it: removed, or its key is being cancelled; undefined where neither is possible. */
export function discardedEntry(entry: Entry, canCancel: boolean): Next | undefined {
  const { status, body, isDiscarding } = entry
  if (body === undefined) return { ...entry, end: 'no effect' }
  if (canCancel) {
    const isInProgress = isDiscarding && status.state !== 'needs_person'
    return isInProgress ? entry : { ...entry, isDiscarding: true, status: { state: 'queued' } }
  }
  const isRefused = status.state === 'needs_person' && status.question.kind === 'refused'
  return isRefused ? { ...entry, end: 'no effect' } : undefined
}
