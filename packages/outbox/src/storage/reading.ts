import type { Outcome, Settled, StoredEntry } from '../entry.ts'
import { discarded, readList } from './list-notes.ts'
import { entryIn, outcomeIn, type Reader, type Row } from './rows.ts'
import { readSettled } from './settled-history.ts'
import { incarnationNote, type Tables } from './storage.ts'

/** Which database it was, by its note. Those of the first release, which have none, are all "undefined". */
export type Incarnation = string

/** Everything, or all of some ordering keys. */
export type Extent = ReadonlySet<string> | 'everything'

/** What the store held at one moment. */
export type Reading = {
  readonly of: Extent
  /** Which database was read. Another than before: the storage was cleared. */
  readonly incarnation: Incarnation
  readonly durable: boolean
  readonly entries: readonly StoredEntry[]
  readonly outcomes: readonly Outcome[]
  /** All of it, whatever else was read. */
  readonly settled: readonly Settled[]
  /** The ids of entries that ended without an effect lately. */
  readonly discarded: readonly unknown[]
}

export async function readTables(
  tables: Tables,
  of: Extent,
  reader: Reader,
): Promise<Omit<Reading, 'durable'>> {
  const [incarnation, settled, discardedIds, entries, outcomes] = await Promise.all([
    readIncarnation(tables),
    readSettled(tables, reader),
    readList(tables, discarded),
    rowsOf(
      of,
      () => tables.all('entries'),
      (key) => tables.entriesBy('subject', key),
    ),
    rowsOf(
      of,
      () => tables.all('outcomes'),
      async (key) => (await tables.outcome(key)) ?? [],
    ),
  ])
  return {
    of,
    incarnation,
    entries: entries.map((row) => entryIn(row, reader)),
    outcomes: outcomes.flatMap((row) => outcomeIn(row, reader) ?? []),
    settled,
    discarded: discardedIds,
  }
}

export async function readIncarnation(tables: Tables): Promise<Incarnation> {
  return String(await tables.note(incarnationNote))
}

async function rowsOf(
  of: Extent,
  all: () => Promise<Row[]>,
  some: (orderingKey: string) => Promise<Row | Row[]>,
): Promise<Row[]> {
  return of === 'everything' ? all() : (await Promise.all([...of].map(some))).flat()
}
