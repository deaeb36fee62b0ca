import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { CitusCluster } from './citus-cluster.ts'

export type FaultCounts = { kills: number; moves: number; rebalances: number; notDone: number }

/** Shards move for half a minute on a busy machine; a node that is killed meanwhile ends it. */
const mostMs = 60_000

/** One fault after the other, with a pause in between: kills of each node, moves of shards, and rebalances. */
export function startFaults({ nodes }: CitusCluster, everyMs: number) {
  const counts: FaultCounts = { kills: 0, moves: 0, rebalances: 0, notDone: 0 }
  const errors: string[] = []
  const ending = new AbortController()

  async function kill(at: 0 | 1 | 2): Promise<void> {
    process.kill(await nodes[at].postmaster(), 'SIGKILL')
    await nodes[at].restart()
    counts.kills += 1
  }

  async function move(): Promise<void> {
    await onCoordinator(nodes[0].url, moveShard(nodes[1].port, nodes[2].port))
    counts.moves += 1
  }

  /** In the background of the coordinator, while the next faults follow. */
  async function rebalance(): Promise<void> {
    await onCoordinator(nodes[0].url, startRebalance)
    counts.rebalances += 1
  }

  const plan = [() => kill(1), move, move, () => kill(2), rebalance, () => kill(0), move]
  const done = (async () => {
    for (let at = 0; !ending.signal.aborted; at += 1) {
      await pause(everyMs, undefined, { signal: ending.signal }).catch(() => undefined)
      await plan[at % plan.length]?.().catch((error: unknown) => {
        counts.notDone += 1
        errors.push(String(error))
      })
    }
  })()

  return {
    counts,
    /** Why a fault was not injected: its node was gone, or a shard was moving already. */
    errors,
    /** Whether each fault of the plan was injected. */
    isComplete: () => counts.kills >= 3 && counts.moves > 0 && counts.rebalances > 0,
    async end(): Promise<void> {
      ending.abort()
      await done
    },
  }
}

/** One way only, so that there is something to rebalance. Its tables are locked for a moment at the end. */
function moveShard(from: number, to: number) {
  return async (sql: pg.Client) => {
    const { rows } = await sql.query(
      `select shardid from citus_shards where table_name = 'todo'::regclass and nodeport = $1 order by random() limit 1`,
      [from],
    )
    await sql.query(
      `select citus_move_shard_placement($1, '127.0.0.1', $2, '127.0.0.1', $3, 'force_logical')`,
      [rows[0]?.shardid, from, to],
    )
  }
}

async function startRebalance(sql: pg.Client): Promise<void> {
  await sql.query(
    `select citus_rebalance_start('by_shard_count', shard_transfer_mode => 'force_logical')`,
  )
}

/** A connection whose server is killed ends by itself; the rest is a limit. */
async function onCoordinator(url: string, work: (sql: pg.Client) => Promise<void>): Promise<void> {
  const sql = new pg.Client({ connectionString: url, query_timeout: mostMs })
  sql.on('error', () => {})
  try {
    await sql.connect()
    await work(sql)
  } finally {
    await sql.end().catch(() => undefined)
  }
}
