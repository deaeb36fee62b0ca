import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { tableVersion } from '@idem/idempotency/migrate'
import pg from 'pg'
import { isDistributed, type Query } from '../is-distributed.ts'
import {
  batchSize,
  type Counts,
  firstWord,
  formatVersion,
  type Header,
  lastWord,
  type Table,
  tableNames,
  tables,
} from './backup-format.ts'
import { mustBeFree, writeNewFile } from './write-new-file.ts'

export type WriteSettings = {
  readonly url: string
  readonly file: string
  readonly signal?: AbortSignal
}

export type Written = { readonly counts: Counts; readonly bytes: number }

/**
 * Writes a consistent snapshot of all todos, tombstones and keys to one file, while the server runs
 * or not; of tables distributed by owner a snapshot of each node. The file gets its name when it is complete and on disk; an existing file is never replaced.
 *
 * @throws a readable error when the file exists or cannot be written
 */
export async function writeBackup({ url, file, signal }: WriteSettings): Promise<Written> {
  await mustBeFree({ what: 'backup', file })
  const client = new pg.Client({ connectionString: url, application_name: 'idem backup' })
  // A lost connection also rejects the running statement; an unhandled event would end the process.
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query(oneMoment)
    const header = await headerOf(client)
    const counts: Record<string, number> = {}
    const lines = Readable.from(linesOf({ client, header, counts, signal }))
    const bytes = await writeNewFile([lines, createGzip()], { what: 'backup', file, signal })
    return { counts, bytes }
  } finally {
    await client.end()
  }
}

/**
 * Takes the snapshot. Neither a large table nor a slow disk may end the transaction. Where tables are distributed by
 * owner, each node has these settings and one connection, and so one snapshot: an effect is there with its key.
 */
const oneMoment = `
  begin isolation level repeatable read, read only;
  set local citus.propagate_set_commands = 'local';
  set local citus.max_adaptive_executor_pool_size = 1;
  set local statement_timeout = 0;
  set local idle_in_transaction_session_timeout = 0;
  set local timezone = 'UTC';
  set local bytea_output = 'hex'`

async function headerOf(client: pg.Client): Promise<Header> {
  const records = await tableVersion(queryOf(client))
  if (records === 0) {
    throw new Error('The database does not contain the tables of Idem; npm start creates them.')
  }
  const { rows } = await client.query(`
    select to_json(now()) #>> '{}' as "madeAt", current_setting('server_version') as postgres,
      array(select migration_name from public._prisma_migrations
        where finished_at is not null and rolled_back_at is null order by migration_name)::text[] as migrations`)
  return { ...rows[0], records }
}

function queryOf(client: pg.Client): Query {
  return async (text, values) => (await client.query(text, [...values])).rows
}

type Source = {
  readonly client: pg.Client
  readonly header: Header
  readonly counts: Record<string, number>
  readonly signal: AbortSignal | undefined
}

async function* linesOf({ client, header, counts, signal }: Source): AsyncGenerator<string> {
  yield `${firstWord} ${formatVersion} ${JSON.stringify(header)}\n`
  const places = await placesOfShards(client)
  for (const table of tableNames) {
    counts[table] = 0
    for await (const rows of batchesOf(client, table)) {
      signal?.throwIfAborted()
      counts[table] += rows.length
      yield rows.map((row) => `${table} ${row}\n`).join('')
    }
  }
  // A shard has no rows in the snapshot of a node to which it came later.
  await client.query('commit')
  if ((await placesOfShards(client)) !== places) {
    throw new Error('A shard was moved while the backup was written; write it again.')
  }
  yield `${lastWord} ${JSON.stringify(counts)}\n`
}

async function placesOfShards(client: pg.Client): Promise<unknown> {
  if (!(await isDistributed(queryOf(client)))) return undefined
  const { rows } = await client.query(
    `select string_agg(placementid || ' ' || groupid, ', ' order by placementid) as places from pg_dist_placement`,
  )
  return rows[0].places
}

async function* batchesOf(client: pg.Client, table: Table): AsyncGenerator<string[]> {
  await client.query(
    `declare source cursor for select row_to_json(each)::text as line from ${tables[table]} as each`,
  )
  for (;;) {
    const { rows } = await client.query(`fetch ${batchSize} from source`)
    if (rows.length === 0) break
    yield rows.map(({ line }) => line)
  }
  await client.query('close source')
}
