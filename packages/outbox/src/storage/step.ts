import type { Entry, Settled } from '../entry.ts'
import { noteEnding } from './history.ts'
import { rowOfEntry } from './rows.ts'
import type { Tables } from './storage.ts'

/** What becomes of an entry: it is changed, or it ends; undefined leaves it as it is. */
export type Step = (entry: Entry) => Next | undefined
export type Next = Entry | Discarded | Answered

/** It ends without an effect. */
export type Discarded = { readonly end: 'discarded' }
type Answered = { readonly end: 'answered' } & Pick<Settled, 'attempts' | 'answer' | 'settledAt'>

/** Writes one step, so call it in one transaction: an entry is gone and its outcome is there, or neither. */
export async function writeStep(tables: Tables, entry: Entry, next: Next): Promise<void> {
  if (!('end' in next)) return void (await tables.put('entries', rowOfEntry(next)))
  await tables.delete('entries', rowOfEntry(entry))
  const { id, key, account, orderingKey: subject, intent, lastError } = entry
  if (next.end === 'discarded') return noteEnding(tables, { id, account, lastError })
  const { end: _, ...answered } = next
  const outcome = { ...{ id, key, account, subject, intent }, ...answered }
  const row = { ...outcome, wasDiscarded: entry.isDiscarding }
  await tables.put('outcomes', row)
  await noteEnding(tables, row)
}
