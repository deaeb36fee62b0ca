import { chmod, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describeCounts } from '@idem/database/backup/backup-format'
import { noteDeletedOwners } from '@idem/database/backup/deleted-owners-file'
import { checkMigrations } from '@idem/database/backup/load-backup'
import { checkBackup } from '@idem/database/backup/read-backup'
import { tryRestore } from '@idem/database/backup/try-restore'
import { writeBackup } from '@idem/database/backup/write-backup'
import { withScratchServer } from '@idem/embedded-postgres/scratch-server'
import { invalidColumns } from './invalid-columns.ts'
import { fileOfCaller, type Given } from './run-command.ts'
import { withDatabase } from './with-database.ts'

export async function backup(given: Given): Promise<number> {
  const { keep } = given.options
  if (typeof keep === 'string') await nightlyBackup(given, numberToKeep(keep))
  else await writeOne(given, fileOfCaller(given.words[0] ?? defaultName()))
  return 0
}

function numberToKeep(keep: string): number {
  if (/^[1-9]\d{0,3}$/.test(keep)) return Number(keep)
  throw new Error(`Expected a number of backups from 1 to 9999 after --keep, received ${keep}.`)
}

/** An older backup is removed only after the new one has been restored. */
async function nightlyBackup(given: Given, keep: number): Promise<void> {
  const folder = fileOfCaller(given.words[0] ?? '.')
  const file = await triedBackup(given, folder)
  const names = (await readdir(folder)).filter((name) => ours.test(name)).sort()
  const old = names.slice(0, -keep)
  for (const name of old) await rm(join(folder, name))
  process.stdout.write(
    `kept       ${names.length - old.length} backups, ${old.length} removed; the newest is ${file}\n`,
  )
}

/**
 * A backup in that folder that has been restored once.
 *
 * @throws a readable error when it cannot be restored, and is called `.failed` then
 */
export async function triedBackup(given: Given, folder: string): Promise<string> {
  const file = join(folder, defaultName())
  // Under the name of a backup one counts among those to keep, and takes the place of a good one. A trial may be killed.
  const untried = `${file}.untried`
  await writeOne(given, untried)
  try {
    await tryOne(given, untried)
  } catch (error) {
    await rename(untried, `${file}.failed`)
    throw error
  }
  await rename(untried, file)
  process.stdout.write(
    `tried      ${file} was restored into a scratch database, with the same rows\n`,
  )
  return file
}

/** The names of `defaultName`, and no other file of the folder. */
const ours = /^idem-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ\.backup$/

/** Sorts by time and is a valid file name on every system. */
function defaultName(): string {
  return `idem-${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}Z.backup`
}

function writeOne(given: Given, file: string): Promise<void> {
  return withDatabase(given, async ({ url, query }) => {
    const { counts, bytes } = await writeBackup({ url, file, signal: given.signal })
    const deleted = await query('select owner from deleted_owner', [])
    // For the older backups in the folder.
    await noteDeletedOwners(
      dirname(file),
      deleted.map(({ owner }) => String(owner)),
    )
    process.stdout.write(`backup     ${file}, ${bytes} bytes: ${describeCounts(counts)}\n`)
  })
}

async function tryOne(given: Given, file: string): Promise<void> {
  const { header } = await checkBackup(file, invalidColumns)
  await checkMigrations(header)
  await withScratchFolder(given, (parent) =>
    withScratchServer(parent, ({ url, folder }) =>
      tryRestore({ url, file, header, again: join(folder, 'again'), signal: given.signal }),
    ),
  )
}

/** Beside the embedded data, where PostgreSQL can run; for an external database in a temporary folder. */
async function withScratchFolder(
  { environment: { DATABASE_URL, IDEM_DATA_DIR } }: Given,
  work: (folder: string) => Promise<void>,
): Promise<void> {
  if (DATABASE_URL === undefined) return await work(IDEM_DATA_DIR)
  const folder = await mkdtemp(join(tmpdir(), 'idem-trial-'))
  try {
    await chmod(folder, 0o755)
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
