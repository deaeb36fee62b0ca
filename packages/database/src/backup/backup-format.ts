/**
 * A backup is gzipped lines of UTF-8; the checksum of gzip detects a damaged file:
 *
 *     idem-backup 2 {"madeAt":"…","postgres":"18.4","migrations":["…"],"records":1}
 *     todo {"owner_id":"local", …}       one line a row, as PostgreSQL's row_to_json writes it
 *     end {"installation":1,"todo":1,"idempotency_record":0}
 *
 * The last line contains the number of rows before it; without it the file is incomplete. Format 1
 * was that of development versions.
 */
export const firstWord = 'idem-backup'
export const formatVersion = 2
export const lastWord = 'end'

/**
 * The tables with data that are not written by a migration, and their names in SQL. Not those of sessions and
 * links: what was stolen or has ended must not sign in again after a restore.
 */
export const tables = {
  installation: 'idem.installation',
  todo: 'public.todo',
  idempotency_record: 'idem.idempotency_record',
  auth_user: 'public.auth_user',
  auth_account: 'public.auth_account',
  api_key: 'public.api_key',
  second_factor: 'public.second_factor',
  passkey: 'public.passkey',
  recovery_code: 'public.recovery_code',
  deleted_owner: 'public.deleted_owner',
} as const
export type Table = keyof typeof tables

/** The tables that a backup leaves out, with their names in SQL. */
export const tablesLeftOut = [
  'public.auth_session',
  'public.auth_verification',
  'public.invite',
  'public.sign_in_attempt',
] as const

/** Filled in this order. */
export const tableNames: readonly Table[] = [
  'installation',
  'todo',
  'idempotency_record',
  'auth_user',
  'auth_account',
  'api_key',
  'second_factor',
  'passkey',
  'recovery_code',
  'deleted_owner',
]

export type Header = {
  readonly madeAt: string
  readonly postgres: string
  /** The migrations that define the shape of the app's rows. */
  readonly migrations: readonly string[]
  /** The version of the tables of the records. */
  readonly records: number
}

export type Counts = Readonly<Partial<Record<string, number>>>

/** The content of a backup as text. */
export function describeCounts({ todo = 0, idempotency_record: keys = 0 }: Counts): string {
  return `todos ${todo}, including deleted; keys ${keys}`
}

/** Rows per read or write: a few megabytes at most. */
export const batchSize = 1000
