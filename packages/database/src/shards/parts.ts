import pg from 'pg'
import { tables } from '../backup/backup-format.ts'
import { isDistributed, type Query } from '../is-distributed.ts'

type PartTable = 'todo' | 'idempotency_record' | 'installation' | 'deleted_owner'

/** All rows of some owners: statements that join these tables see each owner complete or not at all. */
export type Part = {
  /** The names in SQL. */
  readonly tables: Readonly<Record<PartTable, string>>
  /** Runs a statement whose only column is `result`. */
  readonly query: Query
}

/**
 * The parts in which maintenance walks through the tables: one, or one for each shard of a database that is
 * distributed by owner. A walk with a limit over all shards would read as many rows in each of them.
 */
export async function partsOf(query: Query): Promise<readonly Part[]> {
  if (!(await isDistributed(query))) return [{ tables, query }]
  const rows = await query(shards, [tables.todo, tables.idempotency_record])
  const suffixes = Object.fromEntries(
    (await query(referenceShards, [[tables.installation, tables.deleted_owner]])).map((row) => [
      row.name,
      row.id,
    ]),
  )
  const copyOf = (name: string) => `${name}_${suffixes[name]}`
  return rows.map((row) => ({
    tables: {
      todo: `${tables.todo}_${row.todo}`,
      idempotency_record: `${tables.idempotency_record}_${row.record}`,
      installation: copyOf(tables.installation),
      deleted_owner: copyOf(tables.deleted_owner),
    },
    query: (text, values) => inShard(query, Number(row.todo), withValues(text, values)),
  }))
}

// Shards of the two tables that have the same range of hashes are on one node, and move together.
const shards = `
  select todo.shardid as todo, record.shardid as record
  from pg_dist_shard todo join pg_dist_shard record using (shardminvalue)
  where todo.logicalrelid = $1::regclass and record.logicalrelid = $2::regclass
  order by todo.shardid`

const referenceShards = `
  select name, shardid as id from unnest($1::text[]) as name join pg_dist_shard on logicalrelid = name::regclass`

/** The node is looked up each time, because shards move. The command is one local transaction there. */
async function inShard(query: Query, shard: number, command: string): ReturnType<Query> {
  const [row] = await query(runThere, [shard, command])
  if (row?.success !== true) {
    throw new Error(`A command to shard ${shard} failed: ${row?.result ?? 'it has no node'}`)
  }
  return [row]
}

const runThere = `
  select success, result from pg_dist_placement join pg_dist_node using (groupid),
    lateral master_run_on_worker(array[nodename], array[nodeport], array[$2::text], false)
  where shardid = $1::bigint and noderole = 'primary'`

/** A command to a shard has no parameters. */
function withValues(text: string, values: readonly unknown[]): string {
  return text.replaceAll(/\$(\d+)/g, (_, at) => pg.escapeLiteral(String(values[Number(at) - 1])))
}
