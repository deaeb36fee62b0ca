import { hearStates } from '@idem/database/hear-states'
import type { createPool } from '@idem/database/pool'

type Pool = ReturnType<typeof createPool>

/** The disk is full or failing, or the memory is used up. */
const noRoom = new Set(['53100', '53200', '58030'])

/**
 * Whether this instance can write, for whoever sends it requests. After an
 * answer that there is no room it cannot, until there is.
 */
export function watchReadiness(pool: Pool, groupPool: Pool): () => Promise<boolean> {
  let isFull = false
  for (const each of [pool, groupPool]) {
    each.on('connect', (client) =>
      hearStates(client, (state) => {
        if (noRoom.has(state)) isFull = true
      }),
    )
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
