import type { Entry, NewEntry, Outcome } from './entry.ts'

/** Where entries, outcomes and notes lie. All the work of one transaction is kept, or none of it. */
export type Storage = {
  /** Whether what is written here outlives the page. */
  readonly durable: boolean
  /** For work that only looks. */
  read<T>(work: (tables: Tables) => Promise<T>): Promise<T>
  write<T>(work: (tables: Tables) => Promise<T>): Promise<T>
}

/** The rows, as one transaction sees them. */
export type Tables = {
  /** In the order in which they were added, over all tabs. */
  entries(): Promise<Entry[]>
  /** The earliest entry of a orderingKey. */
  head(orderingKey: string): Promise<Entry | undefined>
  entry(id: string): Promise<Entry | undefined>
  addEntry(entry: NewEntry): Promise<unknown>
  replaceEntry(entry: Entry): Promise<unknown>
  removeEntry(seq: number): Promise<unknown>
  outcomes(): Promise<Outcome[]>
  outcome(orderingKey: string): Promise<Outcome | undefined>
  putOutcome(outcome: Outcome): Promise<unknown>
  removeOutcome(orderingKey: string): Promise<unknown>
  note(name: string): Promise<unknown>
  putNote(name: string, value: unknown): Promise<unknown>
  removeNote(name: string): Promise<unknown>
}
