import type { Entry, Outcome } from '../entry.ts'
import { noteEnding } from './history.ts'
import { rowOf } from './rows.ts'
import type { Tables } from './storage.ts'

/** The next state of an entry; undefined leaves it unchanged. */
export type Step = (entry: Entry) => Next | undefined

/** The entry afterwards. With `end` it is over: answered, or discarded. Null: it counts as never added. */
export type Next = Entry & {
  readonly end?: Pick<Outcome, 'answer' | 'settledAt'> | 'no answer' | null
}

/** Writes one step, so call it in one transaction: an entry is gone and its outcome is there, or neither. */
export async function writeStep(tables: Tables, { end, ...entry }: Next): Promise<void> {
  if (end === undefined) return void (await tables.put('entries', rowOf(entry)))
  await tables.delete('entries', rowOf(entry))
  if (end === null) return
  const { id, key, account, orderingKey, intent, attempts, lastError } = entry
  if (end === 'no answer') {
    return noteEnding(tables, { id, lastError, isUnknown: entry.isUnknown })
  }
  const wasDiscarded = entry.isDiscarding
  const row = { id, key, account, orderingKey, intent, attempts, ...end, wasDiscarded }
  await tables.put('outcomes', row)
  await noteEnding(tables, row)
}

/** An entry after a person discarded it: removed, or its key is being cancelled. */
export function discardedEntry(entry: Entry, canCancel: boolean): Next {
  const { status, body, isDiscarding } = entry
  if (body === undefined || !canCancel) return { ...entry, end: 'no answer' }
  const isInProgress = isDiscarding && status.state !== 'needs_person'
  return isInProgress ? entry : { ...entry, isDiscarding: true, status: { state: 'queued' } }
}
