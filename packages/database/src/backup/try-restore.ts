import { createHash } from 'node:crypto'
import { type Header, type Table, tableNames } from './backup-format.ts'
import { loadBackup } from './load-backup.ts'
import { rowsOf } from './read-backup.ts'
import { writeBackup } from './write-backup.ts'

export type TrialSettings = {
  /** The URL of an empty database, which is of no use afterwards. */
  readonly url: string
  /** Checked by `checkBackup`. */
  readonly file: string
  readonly header: Header
  /** The path of a file to write and to remove with the database. */
  readonly again: string
  readonly signal?: AbortSignal
}

/**
 * Restores a backup, backs the result up again, and compares every row.
 *
 * @throws a readable error when the restore fails or has another result
 */
export async function tryRestore({
  url,
  file,
  header,
  again,
  signal,
}: TrialSettings): Promise<void> {
  const signalled = signal === undefined ? {} : { signal }
  await loadBackup({ url, file, header, deletedOwners: [], ...signalled })
  await writeBackup({ url, file: again, ...signalled })
  const deleted = await deletedOwnersIn(file)
  const [written, restored] = [await sumsOf(file, deleted), await sumsOf(again, deleted)]
  const different = tableNames.filter((table) => written[table] !== restored[table])
  if (different.length === 0) return
  throw new Error(
    `A trial restore of ${file} has another result for ${different.map((table) => `${table} (${restored[table] ?? 'no rows'} instead of ${written[table] ?? 'no rows'})`).join(', ')}; do not rely on this file, and report it.`,
  )
}

/** The restore removes what is left of them. */
async function deletedOwnersIn(file: string): Promise<ReadonlySet<unknown>> {
  const owners = new Set<unknown>()
  for await (const { table, row } of rowsOf(file)) {
    if (table === 'deleted_owner') owners.add(JSON.parse(row).owner)
  }
  return owners
}

/** The columns that a restore changes on purpose. */
const changed: Readonly<Partial<Record<Table, readonly string[]>>> = {
  installation: ['ledger_epoch', 'forgotten_before', 'requires'],
  api_key: ['disabled_at'],
}

type Sums = Readonly<Partial<Record<Table, string>>>

/** The number of rows of each table and the sum of their hashes, in whatever order they come. */
async function sumsOf(file: string, deleted: ReadonlySet<unknown>): Promise<Sums> {
  const sums = new Map<Table, { rows: number; sum: bigint }>()
  for await (const { table, row } of rowsOf(file)) {
    if (deleted.size > 0 && deleted.has(JSON.parse(row).owner_id)) continue
    const found = sums.get(table) ?? { rows: 0, sum: 0n }
    const hash = createHash('sha256').update(comparable(table, row)).digest()
    sums.set(table, { rows: found.rows + 1, sum: (found.sum + hash.readBigUInt64BE()) % 2n ** 64n })
  }
  return Object.fromEntries(
    [...sums].map(([table, { rows, sum }]) => [table, `${rows} rows, ${sum.toString(16)}`]),
  )
}

function comparable(table: Table, row: string): string {
  const columns = changed[table]
  if (columns === undefined) return row
  return JSON.stringify({
    ...JSON.parse(row),
    ...Object.fromEntries(columns.map((each) => [each, 0])),
  })
}
