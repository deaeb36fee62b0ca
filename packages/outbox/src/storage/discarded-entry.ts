import type { Entry } from '../entry.ts'

/** An entry after a person gave it up: gone, another one that cancels its key, or undefined where that is impossible. */
export function discardedEntry(entry: Entry, canCancel: boolean): Entry | 'gone' | undefined {
  if (entry.body === undefined) return 'gone'
  const { status } = entry
  if (canCancel) {
    const isUnderWay = entry.isDiscarding && status.state !== 'needs_person'
    return isUnderWay ? entry : { ...entry, isDiscarding: true, status: { state: 'queued' } }
  }
  return status.state === 'needs_person' && status.question.kind === 'refused' ? 'gone' : undefined
}
