import type { Row } from './rows.ts'

/** Where entries, outcomes and notes are stored. A transaction is stored whole, or not at all. */
export type Storage = {
  /** Whether data written here survive the page. */
  readonly durable: boolean
  /** For work that only reads. */
  read<T>(work: (tables: Tables) => Promise<T>): Promise<T>
  write<T>(work: (tables: Tables) => Promise<T>): Promise<T>
}

/** The rows, as one transaction sees them. */
export type Tables = {
  /** Entries in the order in which they were added, over all tabs. */
  all(store: RowStore): Promise<Row[]>
  /** The rows of one ordering key, the first `count` of them. */
  rowsOf(store: RowStore, orderingKey: string, count?: number): Promise<Row[]>
  entry(id: string): Promise<Row | undefined>
  /** Adds or replaces. An entry without a `seq` is added, and gets the next one. */
  put(store: RowStore, row: Row): Promise<unknown>
  delete(store: RowStore, row: Row): Promise<unknown>
  note(name: string): Promise<unknown>
  /** Undefined removes. */
  putNote(name: string, value: unknown): Promise<unknown>
}

export type RowStore = 'entries' | 'outcomes'

/**
 * A note that every database gets when it is created, each with another value:
 * with it a page detects that its storage was cleared meanwhile.
 */
export const incarnationNote = 'outbox incarnation'
