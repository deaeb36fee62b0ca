import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { readPassword } from './data-dir/open-data-dir.ts'
import { finishSwap } from './data-dir/swap-data-dir.ts'
import { connectionUrl, whenReady } from './server/ensure-running.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './start-embedded-postgres.ts'

/**
 * The database of a data folder for a short task: connects to the server that is
 * running there, or starts one. `stop` stops only a server that was started here.
 */
export async function connectOrStart(
  dataDir: string,
): Promise<Pick<EmbeddedPostgres, 'url' | 'stop'>> {
  const path = join(dataDir, 'postgres')
  await mustExist(dataDir, path)
  const running = await whenReady({ dataDir, path })
  if (running === undefined) return startEmbeddedPostgres({ dataDir })
  const password = await readPassword(join(dataDir, 'postgres.password'))
  return { url: connectionUrl(running.socketDir, password), stop: async () => undefined }
}

async function mustExist(dataDir: string, path: string): Promise<void> {
  try {
    await access(dataDir)
    await finishSwap(dataDir)
    await access(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    throw new Error(
      `There is no database in ${dataDir}; npm start creates one, or set IDEM_DATA_DIR to the folder that contains one.`,
      { cause },
    )
  }
}
