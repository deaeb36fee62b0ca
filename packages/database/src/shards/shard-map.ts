import type pg from 'pg'
import { isDistributed, type Query } from '../is-distributed.ts'
import { hashText } from './hash-text.ts'

/** Where the rows of an owner are, as this process knows it. */
export type ShardMap = {
  readonly shardOf: (owner: string) => string
  readonly nodeOf: (shard: string) => string
  readonly nodes: () => readonly string[]
  readonly stop: () => void
}

type Shard = {
  readonly id: string
  readonly node: string
  /** The first hash of its range. */
  readonly first: number
}

/** A shard moves or is split in minutes. Until this process knows, a batch is slower, or its attempts run alone. */
const refreshMs = 30_000

/** The shards of a database that distributes `todo` by owner; undefined for any other database. */
export async function startShardMap(pool: pg.Pool): Promise<ShardMap | undefined> {
  const query: Query = async (text, values) => (await pool.query(text, [...values])).rows
  if (!(await isDistributed(query))) return undefined
  let shards = await readShards(pool)
  const refresh = async () => {
    shards = await readShards(pool).catch(() => shards)
  }
  const timer = setInterval(refresh, refreshMs)
  // The timer must not keep the process alive.
  timer.unref()
  return {
    shardOf: (owner) => shardAt(shards, hashText(owner)).id,
    nodeOf: (shard) => shards.find(({ id }) => id === shard)?.node ?? '',
    nodes: () => [...new Set(shards.map(({ node }) => node))],
    stop: () => clearInterval(timer),
  }
}

async function readShards(pool: pg.Pool): Promise<readonly Shard[]> {
  const { rows } = await pool.query(`
    select shardid::text as id, shardminvalue::int as first, nodename || ':' || nodeport as node
    from pg_dist_shard join pg_dist_placement using (shardid) join pg_dist_node using (groupid)
    where logicalrelid = 'public.todo'::regclass and noderole = 'primary'
    order by first`)
  if (rows.length === 0) throw new Error('The distributed table todo has no shards.')
  return rows
}

/** The last one that begins at or before the hash. */
function shardAt(shards: readonly Shard[], hash: number): Shard {
  let [low, high] = [0, shards.length - 1]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if ((shards[middle]?.first ?? 0) <= hash) low = middle
    else high = middle - 1
  }
  return shards[low] as Shard
}
