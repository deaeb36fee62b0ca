import type { Entry, Outcome, Settled } from '../entry.ts'
import { noteDiscarded, noteSettled } from './history.ts'
import { rowOfEntry, rowOfOutcome } from './rows.ts'
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
  await tables.delete('entries', entry.seq)
  if (next.end === 'discarded') return noteDiscarded(tables, entry)
  const outcome = outcomeOf(entry, next)
  await tables.put('outcomes', rowOfOutcome(outcome))
  await noteSettled(tables, { ...entry, attempts: next.attempts }, outcome)
}

function outcomeOf({ orderingKey, intent, isDiscarding }: Entry, ended: Answered): Outcome {
  const { answer, settledAt } = ended
  return { orderingKey, intent, answer, settledAt, wasDiscarded: isDiscarding }
}
