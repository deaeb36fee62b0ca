import { migrate } from '@idem/database/migrate'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '@idem/embedded-postgres/start-embedded-postgres'
import { embeddedDatabase } from '../servers/embedded-database.ts'
import { allGone } from '../servers/process-tree.ts'
import { temporaryFolder } from '../servers/temporary-folder.ts'

export type KillablePostgres = AsyncDisposable & {
  readonly url: string
  /** The process that starts all others. */
  readonly postmaster: () => Promise<number>
  /** Starts it again where it was; whatever is left of the former one has gone by then. */
  readonly restart: () => Promise<void>
}

/** A migrated PostgreSQL of the test's own, which may be killed: nobody else's tests are in it. */
export async function killablePostgres(): Promise<KillablePostgres> {
  const folder = await temporaryFolder()
  const settings = { dataDir: folder.path }
  let running: EmbeddedPostgres = await startEmbeddedPostgres(settings)
  await migrate({ url: running.url })
  const postmaster = async () => (await embeddedDatabase(folder.path)).pid

  return {
    url: running.url,
    postmaster,
    async restart() {
      await allGone([await postmaster()], 5_000)
      running = await startEmbeddedPostgres(settings)
    },
    async [Symbol.asyncDispose]() {
      await running.stop()
      await folder[Symbol.asyncDispose]()
    },
  }
}
