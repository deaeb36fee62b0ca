import type { Entry } from '../entry.ts'
import type { Discarded } from './step.ts'

/** An entry after a person gave it up: it ends, or its key is cancelled; undefined where neither is possible. */
export function discardedEntry(entry: Entry, canCancel: boolean): Entry | Discarded | undefined {
  if (entry.body === undefined) return { end: 'discarded' }
  const { status } = entry
  if (canCancel) {
    const isUnderWay = entry.isDiscarding && status.state !== 'needs_person'
    return isUnderWay ? entry : { ...entry, isDiscarding: true, status: { state: 'queued' } }
  }
  const isRefused = status.state === 'needs_person' && status.question.kind === 'refused'
  return isRefused ? { end: 'discarded' } : undefined
}
