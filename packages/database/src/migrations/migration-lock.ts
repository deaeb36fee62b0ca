import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'

/** The advisory lock of Prisma's commands and of previous releases of Idem. */
export const prismaLock = 72707369
/** Held by one start at a time, also during an index build. */
export const startLock = 72707371

/** Longer than any migration should take, and than a user wants to wait for a start that hangs. */
const patienceMs = 60_000
const pollMs = 50

/**
 * Takes a session-level advisory lock by polling. A session that waits inside `pg_advisory_lock` holds
 * a snapshot, which `create index concurrently` in the lock's session waits for: a deadlock. While
 * the holder builds an index, the time-out does not run.
 */
export async function takeLock(client: pg.ClientBase, lock: number): Promise<void> {
  let deadline = performance.now() + patienceMs
  for (;;) {
    const { rows } = await client.query(tryStatement, [lock])
    if (rows[0].isTaken) return
    if (rows[0].isBuilding) deadline = performance.now() + patienceMs
    if (performance.now() > deadline) {
      throw new Error(
        `Another process held the migration lock of this database for ${patienceMs / 1_000} s; find the session with advisory lock ${lock} in pg_locks and end it.`,
      )
    }
    await pause(pollMs)
  }
}

const tryStatement = `
  select pg_try_advisory_lock($1::bigint) as "isTaken", exists (
    select 1 from pg_stat_progress_create_index join pg_locks using (pid)
    where locktype = 'advisory' and granted and classid = 0 and objid = $1::bigint::oid
  ) as "isBuilding"`

export async function releaseLock(client: pg.ClientBase, lock: number): Promise<void> {
  await client.query('select pg_advisory_unlock($1::bigint)', [lock])
}
