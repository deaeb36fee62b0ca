import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { addressOf } from './address-of.ts'
import { whenReady } from './adopt-or-start.ts'
import { readPassword } from './data-folder.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { finishRestore } from './exchange-data.ts'

/**
 * The database of a data folder for a short while, beside whoever serves it or
 * alone: where its server runs it is only used, where none runs one is started,
 * and `stop` ends only that one.
 */
export async function borrowPostgres(
  dataDir: string,
): Promise<Pick<EmbeddedPostgres, 'url' | 'stop'>> {
  const path = join(dataDir, 'postgres')
  await mustExist(dataDir, path)
  const running = await whenReady({ dataDir, path })
  if (running === undefined) return startEmbeddedPostgres({ dataDir })
  const password = await readPassword(join(dataDir, 'postgres.password'))
  return { url: addressOf(running.socketFolder, password), stop: async () => undefined }
}

async function mustExist(dataDir: string, path: string): Promise<void> {
  try {
    await access(dataDir)
    await finishRestore(dataDir)
    await access(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new Error(
      `There is no database in ${dataDir}; npm start lays one out, or set IDEM_DATA_DIR to the folder that holds one.`,
      { cause },
    )
  }
}
