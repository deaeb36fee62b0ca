import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** One owner a line. It names no person. */
const name = 'idem-deleted-owners'

/**
 * Adds owners of deleted accounts to the list in a folder of backups, so that a restore does not bring them
 * back even when the database is gone.
 *
 * @throws a readable error when the file cannot be written
 */
export async function noteDeletedOwners(folder: string, owners: readonly string[]): Promise<void> {
  const noted = new Set(await readDeletedOwners(folder))
  const lines = owners.flatMap((owner) => (noted.has(owner) ? [] : `${owner}\n`))
  if (lines.length === 0) return
  try {
    await appendFile(join(folder, name), lines.join(''), { mode: 0o600, flush: true })
  } catch (cause) {
    throw unusable(folder, 'written', cause)
  }
}

/** @throws a readable error when there is a file that cannot be read */
export async function readDeletedOwners(folder: string): Promise<string[]> {
  try {
    const text = await readFile(join(folder, name), 'utf8')
    return text.split('\n').filter((line) => line !== '')
  } catch (cause) {
    if (Object(cause).code === 'ENOENT') return []
    throw unusable(folder, 'read', cause)
  }
}

function unusable(folder: string, done: 'read' | 'written', cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new Error(
    `The list of deleted accounts in ${folder} could not be ${done} (${reason}); without it an older backup brings them back. Correct that; idem backup adds what is missing.`,
    { cause },
  )
}
