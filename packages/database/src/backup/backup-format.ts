/**
 * A backup is gzipped lines of UTF-8; the checksum of gzip detects a damaged file:
 *
 *     idem-backup 1 {"madeAt":"…","postgres":"18.4","migrations":["…"]}
 *     todo {"owner_id":"local", …}       one line a row, as PostgreSQL's row_to_json writes it
 *     end {"installation":1,"todo":1,"idempotency_record":0}
 *
 * The last line contains the number of rows before it; without it the file is incomplete.
 */
export const firstWord = 'idem-backup'
export const formatVersion = 1
export const lastWord = 'end'

/** The tables with data that are not written by a migration. */
export const tables = ['installation', 'todo', 'idempotency_record'] as const
export type Table = (typeof tables)[number]

export type Header = {
  readonly madeAt: string
  readonly postgres: string
  /** The migrations that define the shape of the rows. */
  readonly migrations: readonly string[]
}

export type Counts = Readonly<Partial<Record<string, number>>>

/** Rows per read or write: a few megabytes at most. */
export const batchSize = 1000
