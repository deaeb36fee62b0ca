import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { isRunning } from '../server/process-state.ts'

export type LockSettings = {
  readonly url: string
  readonly dataDir: string
  readonly isServerRunning: () => boolean
  readonly onLost: () => void
}

export type DataDirLock = { release(): Promise<void> }

/** "idem" in ASCII. A session holds this advisory lock, so it is released with the process, however that ends. */
const lockId = 0x6964656d

/** PostgreSQL removes the session of a killed owner a moment after that process is gone. */
const sessionGoneWithinMs = 5000

/** PostgreSQL refuses sessions during crash recovery. */
const recoveredWithinMs = 60_000

/** Makes this process the only user of the data folder, or throws an error that names the process that is. */
export async function lockDataDir(settings: LockSettings): Promise<DataDirLock> {
  let session = await openSession(settings)
  let released = false
  const reacquire = async () => {
    if (released) return
    // When one session crashes, PostgreSQL ends all sessions, this one too, and continues.
    const next = await openSession(settings).catch(() => undefined)
    if (next === undefined) return settings.onLost()
    session = next
    session.once('end', reacquire)
    if (released) await session.end()
  }
  session.once('end', reacquire)
  return {
    async release() {
      released = true
      await session.end()
    },
  }
}

async function openSession(settings: LockSettings): Promise<pg.Client> {
  const startedAt = Date.now()
  for (;;) {
    try {
      return await lockedSession(settings)
    } catch (error) {
      const giveUp = !settings.isServerRunning() || Date.now() - startedAt > recoveredWithinMs
      if (giveUp || !isPassing(error)) throw error
      await pause(20)
    }
  }
}

/** A full disk stays full until a person frees space. */
function isPassing(error: unknown): boolean {
  if (error instanceof DataDirInUse) return false
  return !(error instanceof pg.DatabaseError && error.code === diskFull)
}

const diskFull = '53100'

class DataDirInUse extends Error {}

async function lockedSession({ url, dataDir }: LockSettings): Promise<pg.Client> {
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
  const startedAt = Date.now()
  for (;;) {
    const { rows } = await client.query('select pg_try_advisory_lock($1) as taken', [lockId])
    if (rows[0].taken) return
    const holder = await holderOf(client)
    const expired = Date.now() - startedAt > sessionGoneWithinMs
    if (holder !== undefined && (isRunning(holder) || expired)) {
      throw new DataDirInUse(
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
    [lockId],
  )
  return rows[0]?.pid == null ? undefined : Number(rows[0].pid)
}
