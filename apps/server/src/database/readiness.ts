import type { createPool } from '@idem/database/pool'
import { onSqlState } from '@idem/idempotency/server'

type Pool = ReturnType<typeof createPool>

/** The disk is full or failing, or out of memory. */
const noRoom = new Set(['53100', '53200', '58030'])

/**
 * Reports whether this instance can write, over a connection of `pool`. After an out-of-space error
 * on this or an observed pool it cannot, until a test write succeeds.
 */
export function readinessCheck(pool: Pool, observed: readonly Pool[]): () => Promise<boolean> {
  let isFull = false
  for (const each of [pool, ...observed]) {
    each.on('connect', (client) =>
      onSqlState(client, (state) => {
        if (noRoom.has(state)) isFull = true
      }),
    )
  }

  async function check() {
    try {
      if (!(await takesWrites(pool))) return false
      // A new file: a row of an existing table might fit into the space of a deleted one.
      if (isFull) await pool.query(makeTable)
      isFull = false
      return true
    } catch {
      return false
    }
  }

  // One check at a time, shared by all probes: a flood of them must not delay the load balancer's.
  let checking: Promise<boolean> | undefined
  return function canWrite() {
    checking ??= check().finally(() => {
      checking = undefined
    })
    return checking
  }
}

/** Also destroys a read-only session: there may be no write that would. */
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
