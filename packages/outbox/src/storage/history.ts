import type { Entry, FailureKind, Settled } from '../entry.ts'
import { outcomeIn, type Reader, type Row } from './rows.ts'
import type { Tables } from './storage.ts'

const endedNote = 'outbox ended'
/** More than a tab can miss while it writes, or while the storage is cleared. */
const mostIds = 200
const historyNote = 'outbox settled'
/** Each of them contains an intent and its answer, and every reading reads them. */
const mostEndings = 50

/** How an entry ended. Without `settled` it was discarded, and had no effect unless it `isUnknown`. */
export type Ending = {
  readonly id: string
  readonly settled?: Settled
  readonly lastError?: FailureKind | undefined
  readonly isUnknown?: boolean
}

/** Adds an entry, in the transaction that removes it: as the row of its outcome, or with its last error. */
export async function noteEnding(
  tables: Tables,
  ending: Row | Pick<Ending, 'id' | 'lastError' | 'isUnknown'>,
): Promise<void> {
  await append(tables, endedNote, ending.id, mostIds)
  await append(tables, historyNote, ending, mostEndings)
}

/** Distinguishes an entry that ended from one that was lost. */
export async function hasEnded(tables: Tables, id: string): Promise<boolean> {
  return (await readList(tables, endedNote)).includes(id)
}

/** The last endings, oldest first. */
export async function readHistory(tables: Tables, reader: Reader): Promise<Ending[]> {
  const rows = (await readList(tables, historyNote)) as (Row | null)[]
  return rows.flatMap((row) => (row && endingIn(row, reader)) ?? [])
}

function endingIn(row: Row, reader: Reader): Ending | undefined {
  // Written by `noteEnding`.
  const { id, lastError, isUnknown } = row as unknown as Entry
  const settled = outcomeIn(row, reader)
  if (settled !== undefined) return { id, settled }
  // An answer of another account, or one that this release cannot read, is left out.
  return row.settledAt === undefined ? { id, lastError, isUnknown } : undefined
}

async function append(tables: Tables, name: string, item: unknown, most: number): Promise<void> {
  await tables.putNote(name, [...(await readList(tables, name)), item].slice(-most))
}

/** Another release may have written it, so its shape is unknown. */
async function readList(tables: Tables, name: string): Promise<readonly unknown[]> {
  const list = await tables.note(name)
  return Array.isArray(list) ? list : []
}
