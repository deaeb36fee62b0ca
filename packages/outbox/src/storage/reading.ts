import type { Outcome, Settled, StoredEntry } from '../entry.ts'
import { type Ending, readHistory } from './history.ts'
import { readEpoch } from './ledger-epoch.ts'
import { entryIn, outcomeIn, type Reader } from './rows.ts'
import { incarnationNote, type RowStore, type Tables } from './storage.ts'

/** Identifies a database, by a note in it. */
export type Incarnation = string

const dayMs = 86_400_000

/** Everything, or all rows of some ordering keys. */
export type Extent = ReadonlySet<string> | 'everything'

/** The content of the store at one moment. */
export type Reading = {
  readonly of: Extent
  /** The database that was read. If it is another than before, the storage was cleared. */
  readonly incarnation: Incarnation
  readonly durable: boolean
  readonly entries: readonly StoredEntry[]
  readonly outcomes: readonly Outcome[]
  /** The server's ledger epoch, as it was last received. */
  readonly epoch: unknown
  /** All of it, in every reading. */
  readonly history: readonly Ending[]
  /** The operations of the last 24 hours in the history. */
  readonly settled: readonly Settled[]
}

export async function readTables(
  tables: Tables,
  of: Extent,
  reader: Reader,
): Promise<Omit<Reading, 'durable'>> {
  const rowsIn = async (store: RowStore) =>
    of === 'everything'
      ? tables.all(store)
      : (await Promise.all([...of].map((key) => tables.rowsOf(store, key)))).flat()
  const [incarnation, epoch, history, entries, outcomes] = await Promise.all([
    readIncarnation(tables),
    readEpoch(tables),
    readHistory(tables, reader),
    rowsIn('entries'),
    rowsIn('outcomes'),
  ])
  const since = reader.now() - dayMs
  return {
    of,
    incarnation,
    epoch,
    entries: entries.map((row) => entryIn(row, reader)),
    outcomes: outcomes.flatMap((row) => outcomeIn(row, reader) ?? []),
    history,
    settled: history.flatMap(({ settled }) =>
      settled && settled.settledAt > since ? settled : [],
    ),
  }
}

export async function readIncarnation(tables: Tables): Promise<Incarnation> {
  return String(await tables.note(incarnationNote))
}
