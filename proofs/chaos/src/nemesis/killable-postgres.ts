import { migrate } from '@idem/database/migrate'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '@idem/embedded-postgres/start-embedded-postgres'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { embeddedDatabase } from '../servers/embedded-database.ts'
import { allGone } from '../servers/process-tree.ts'

export type KillablePostgres = AsyncDisposable & {
  readonly url: string
  /** The pid of the postmaster. */
  readonly postmaster: () => Promise<number>
  /** Restarts it in its folder, after the previous one has ended. */
  readonly restart: () => Promise<void>
}

/** A separate, migrated PostgreSQL that may be killed, because no other test uses it. */
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
