import { dirname } from 'node:path'
import { describeCounts } from '@idem/database/backup/backup-format'
import { readDeletedOwners } from '@idem/database/backup/deleted-owners-file'
import { checkIsEmpty, checkMigrations, loadBackup } from '@idem/database/backup/load-backup'
import { type Checked, checkBackup } from '@idem/database/backup/read-backup'
import { replaceData } from '@idem/embedded-postgres/replace-data'
import { invalidColumns } from './invalid-columns.ts'
import { fileOfCaller, type Given } from './run-command.ts'

const unconfirmed =
  'API keys are refused until you confirm them: idem api-keys --confirm, or --confirm ID for one.\n'

export async function restore(given: Given): Promise<number> {
  const file = fileOfCaller(given.words[0] ?? '')
  const checked = await checkBackup(file, invalidColumns)
  await checkMigrations(checked.header)
  given.signal.throwIfAborted()
  const movedTo = await load(given, file, checked)
  const { header, counts } = checked
  process.stdout.write(`restored   ${file} of ${header.madeAt}: ${describeCounts(counts)}\n`)
  if (counts.api_key) process.stdout.write(unconfirmed)
  if (movedTo !== undefined) process.stdout.write(`The previous data are in ${movedTo}.\n`)
  return 0
}

/** Returns the folder of the previous data. */
async function load(
  { environment, signal }: Given,
  file: string,
  { header }: Checked,
): Promise<string | undefined> {
  const { DATABASE_URL: named, IDEM_DATA_DIR: dataDir } = environment
  const lists = named === undefined ? [dirname(file), dataDir] : [dirname(file)]
  const deletedOwners = (await Promise.all(lists.map(readDeletedOwners))).flat()
  const fill = (url: string) => loadBackup({ url, file, header, deletedOwners, signal })
  if (named === undefined) return (await replaceData({ dataDir, fill })).movedTo
  // An external database is filled only if it is empty, and never replaced.
  await checkIsEmpty(named, header)
  await fill(named)
  return undefined
}
