import type { Entry, Outcome, Settled } from '../entry.ts'
import { outcomeIn, type Reader, type Row, rowOfOutcome } from './rows.ts'
import type { Tables } from './storage.ts'

const historyNote = 'outbox settled'
const mostSettled = 50
const longestMs = 86_400_000

/** Adds an operation to the history, in the transaction that removes its entry. */
export async function noteSettled(tables: Tables, entry: Entry, outcome: Outcome): Promise<void> {
  const { id, key, attempts, account } = entry
  const row = { ...rowOfOutcome(outcome), id, key, attempts, account }
  const recent = await rowsSince(tables, outcome.settledAt - longestMs)
  await tables.putNote(historyNote, [...recent, row].slice(-mostSettled))
}

/** The last 50 operations of the last 24 hours, of this account only, oldest first. */
export async function readSettled(tables: Tables, reader: Reader): Promise<Settled[]> {
  const recent = await rowsSince(tables, reader.now() - longestMs)
  return recent.flatMap((row) => settledIn(row, reader) ?? [])
}

function settledIn(row: Row, reader: Reader): Settled | undefined {
  const { id, key, attempts, account } = row
  const outcome = account === reader.account ? outcomeIn(row, reader) : undefined
  const isReadable =
    typeof id === 'string' && typeof key === 'string' && typeof attempts === 'number'
  return outcome && isReadable ? { id, key, attempts, ...outcome } : undefined
}

/** Another release may have written the note, so anything may be in it. */
async function rowsSince(tables: Tables, since: number): Promise<Row[]> {
  const note: unknown = await tables.note(historyNote)
  return Array.isArray(note) ? note.filter((row) => row?.settledAt > since) : []
}
