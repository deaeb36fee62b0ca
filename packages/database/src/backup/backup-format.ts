/**
 * A backup is lines of UTF-8 under gzip, whose checksum notices a damaged file:
 *
 *     idem-backup 1 {"madeAt":"…","postgres":"18.4","migrations":["…"]}
 *     todo {"owner_id":"local", …}       one line a row, as PostgreSQL's row_to_json writes it
 *     end {"installation":1,"todo":1,"idempotency_record":0}
 *
 * The last line holds how many rows came before it; without it the file is not complete.
 */
export const firstWord = 'idem-backup'
export const formatVersion = 1
export const lastWord = 'end'

/** Every table that holds something which a migration did not write. */
export const tables = ['installation', 'todo', 'idempotency_record'] as const
export type Table = (typeof tables)[number]

export type Header = {
  readonly madeAt: string
  readonly postgres: string
  /** The rows have the shape that these had given the tables. */
  readonly migrations: readonly string[]
}

export type Counts = Readonly<Partial<Record<string, number>>>

/** Rows that are read or written at once: some megabytes at most. */
export const batchSize = 1000
