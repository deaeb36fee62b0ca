import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { isRunning } from './process-state.ts'

export type OwnershipSettings = {
  readonly url: string
  readonly dataDir: string
  readonly isServerRunning: () => boolean
  readonly onLost: () => void
}

export type Ownership = { release(): Promise<void> }

/** "idem" in ASCII. A session holds it, so it vanishes with the process, however that ends. */
const ownerLock = 0x6964656d

/** A killed owner's session is cleared away by the server a moment after the process is gone. */
const noticedWithinMs = 5000

/** A server that repairs itself after one of its processes crashed refuses sessions for as long. */
const repairedWithinMs = 60_000

/** Makes this process the only one that uses the data folder, or says which one is. */
export async function takeOwnership(settings: OwnershipSettings): Promise<Ownership> {
  let session = await openSession(settings)
  let released = false
  const keep = async () => {
    if (released) return
    // When one session crashes the server ends all of them, this one too, and goes on.
    const next = await openSession(settings).catch(() => undefined)
    if (next === undefined) return settings.onLost()
    session = next
    session.once('end', keep)
    if (released) await session.end()
  }
  session.once('end', keep)
  return {
    async release() {
      released = true
      await session.end()
    },
  }
}

async function openSession(settings: OwnershipSettings): Promise<pg.Client> {
  const begun = Date.now()
  for (;;) {
    try {
      return await lockedSession(settings)
    } catch (error) {
      const inVain = !settings.isServerRunning() || Date.now() - begun > repairedWithinMs
      if (error instanceof FolderInUse || inVain) throw error
      await pause(20)
    }
  }
}

class FolderInUse extends Error {}

async function lockedSession({ url, dataDir }: OwnershipSettings): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: `idem ${process.pid}` })
  client.on('error', () => {})
  await client.connect()
  try {
    await takeLock(client, dataDir)
    return client
  } catch (error) {
    await client.end()
    throw error
  }
}

async function takeLock(client: pg.Client, dataDir: string): Promise<void> {
  const begun = Date.now()
  for (;;) {
    const { rows } = await client.query('select pg_try_advisory_lock($1) as taken', [ownerLock])
    if (rows[0].taken) return
    const holder = await holderOf(client)
    if (holder !== undefined && (isRunning(holder) || Date.now() - begun > noticedWithinMs)) {
      throw new FolderInUse(
        `The data folder ${dataDir} is in use by process ${holder}; stop that one first, or set IDEM_DATA_DIR to another folder.`,
      )
    }
    await pause(20)
  }
}

async function holderOf(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query(
    `select substring(application_name from '^idem (\\d+)$') as pid
     from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and classid = 0 and objid = $1::oid and granted`,
    [ownerLock],
  )
  return rows[0]?.pid == null ? undefined : Number(rows[0].pid)
}
