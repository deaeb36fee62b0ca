import type { Row } from './rows.ts'

/** Where entries, outcomes and notes lie. All the work of one transaction is kept, or none of it. */
export type Storage = {
  /** Whether what is written here outlives the page. */
  readonly durable: boolean
  /** For work that only looks. */
  read<T>(work: (tables: Tables) => Promise<T>): Promise<T>
  write<T>(work: (tables: Tables) => Promise<T>): Promise<T>
}

/** The rows, as one transaction sees them. Entries have a `seq`, given by the storage, and an `id`. */
export type Tables = {
  /** In the order in which they were added, over all tabs. */
  entries(): Promise<Row[]>
  entriesOf(orderingKey: string): Promise<Row[]>
  /** The earliest entry of an ordering key. */
  head(orderingKey: string): Promise<Row | undefined>
  entry(id: string): Promise<Row | undefined>
  addEntry(row: Row): Promise<unknown>
  replaceEntry(row: Row): Promise<unknown>
  removeEntry(seq: number): Promise<unknown>
  outcomes(): Promise<Row[]>
  outcome(orderingKey: string): Promise<Row | undefined>
  putOutcome(row: Row): Promise<unknown>
  removeOutcome(orderingKey: string): Promise<unknown>
  note(name: string): Promise<unknown>
  putNote(name: string, value: unknown): Promise<unknown>
  removeNote(name: string): Promise<unknown>
}

/**
 * A note that every database gets when it is made, and none has twice: by
 * another one than before a page sees that its storage was cleared meanwhile.
 */
export const incarnationNote = 'outbox incarnation'
