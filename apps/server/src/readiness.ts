import type { createPool } from '@idem/database/pool'

type Pool = ReturnType<typeof createPool>

/** The disk is full or failing, or the memory is used up. */
const noRoom = new Set(['53100', '53200', '58030'])
const readOnly = '25006'

/**
 * Whether this instance can write, for whoever sends it requests.
 *
 * After an answer that there is no room it cannot, until there is. A session
 * that takes no writes is not used again: it would refuse them for as long as
 * it lives, also when the database has long taken them again, because a
 * session keeps the settings that it began with.
 */
export function watchReadiness(pool: Pool, groupPool: Pool): () => Promise<boolean> {
  let isFull = false
  for (const each of [pool, groupPool]) {
    const stale = new WeakSet<object>()
    each.on('connect', (client) =>
      hearStates(client, (state) => {
        if (state === readOnly) stale.add(client)
        if (noRoom.has(state)) isFull = true
      }),
    )
    each.on('release', (_error, client) => {
      // The pool looks at the client after this event and drops one that is ending.
      if (stale.has(client)) void client.end()
    })
  }

  return async function canWrite() {
    try {
      if (!(await takesWrites(pool))) return false
      // A file of its own: a row of a table that is there might just fit where one was deleted.
      if (isFull) await pool.query(makeTable)
      isFull = false
      return true
    } catch {
      return false
    }
  }
}

/** Also gives up a session that does not: nobody may be sending the write that would. */
async function takesWrites(pool: Pool): Promise<boolean> {
  const client = await pool.connect()
  let writes = false
  try {
    const { rows } = await client.query(
      `select current_setting('transaction_read_only') as read_only`,
    )
    writes = rows[0].read_only === 'off'
  } finally {
    client.release(!writes)
  }
  return writes
}

const makeTable =
  'create temporary table room on commit drop as select n from generate_series(1, 10000) as n'

/** Every error the database answers with, whoever asked: some answers are for Prisma's ears only. */
function hearStates(client: object, heard: (state: string) => void): void {
  const { connection } = client as { readonly connection: Connection }
  connection.on('errorMessage', ({ code }) => heard(code ?? ''))
}

/** Missing in the types of pg. */
type Connection = {
  on(event: 'errorMessage', listener: (message: { readonly code?: string }) => void): void
}
