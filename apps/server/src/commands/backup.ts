import { dirname } from 'node:path'
import { describeCounts } from '@idem/database/backup/backup-format'
import { noteDeletedOwners } from '@idem/database/backup/deleted-owners-file'
import { writeBackup } from '@idem/database/backup/write-backup'
import { fileOfCaller, type Given } from './run-command.ts'
import { withDatabase } from './with-database.ts'

export function backup(given: Given): Promise<number> {
  const [name = defaultName()] = given.words
  const file = fileOfCaller(name)
  return withDatabase(given, async ({ url, query }) => {
    const { counts, bytes } = await writeBackup({ url, file, signal: given.signal })
    const deleted = await query('select owner from deleted_owner', [])
    // For the older backups in the folder.
    await noteDeletedOwners(
      dirname(file),
      deleted.map(({ owner }) => String(owner)),
    )
    process.stdout.write(`backup     ${file}, ${bytes} bytes: ${describeCounts(counts)}\n`)
    return 0
  })
}

/** Sorts by time and is a valid file name on every system. */
function defaultName(): string {
  return `idem-${new Date().toISOString().replaceAll(':', '-').slice(0, 19)}Z.backup`
}
