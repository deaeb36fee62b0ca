import type { Entry, Outcome, Settled } from '../entry.ts'
import { append, readList, settled } from './list-notes.ts'
import { outcomeIn, type Reader, type Row, rowOfOutcome } from './rows.ts'
import type { Tables } from './storage.ts'

const longestMs = 86_400_000

/** Adds an operation to the history, in the transaction that removes its entry. */
export function noteSettled(tables: Tables, entry: Entry, outcome: Outcome): Promise<void> {
  const { id, key, attempts, account } = entry
  return append(tables, settled, { ...rowOfOutcome(outcome), id, key, attempts, account })
}

/** The last operations, at most 24 hours old and of this account, oldest first. */
export async function readSettled(tables: Tables, reader: Reader): Promise<Settled[]> {
  const rows = (await readList(tables, settled)) as (Partial<Row> | null)[]
  return rows.flatMap((row) => settledIn(row ?? {}, reader) ?? [])
}

function settledIn(row: Partial<Row>, reader: Reader): Settled | undefined {
  const { id, key, attempts, account } = row
  const outcome = account === reader.account ? outcomeIn(row as Row, reader) : undefined
  if (outcome === undefined || outcome.settledAt <= reader.now() - longestMs) return undefined
  const isReadable =
    typeof id === 'string' && typeof key === 'string' && typeof attempts === 'number'
  return isReadable ? { id, key, attempts, ...outcome } : undefined
}
