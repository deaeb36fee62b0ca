import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { migrate } from '@idem/database/migrate'
import { onServer } from '@idem/test-support/on-server'
import type pg from 'pg'
import { type OwnPostgres, ownPostgres } from '../servers/own-postgres.ts'
import { citusBinaries } from './citus-binaries.ts'

export type CitusCluster = AsyncDisposable & {
  /** Each of them is an entry; the first is the coordinator. */
  readonly nodes: readonly [OwnPostgres, OwnPostgres, OwnPostgres]
}

/** A coordinator and two workers, with the tables of the app distributed by owner. */
export async function citusCluster(): Promise<CitusCluster> {
  await using starting = new AsyncDisposableStack()
  const binaries = citusBinaries()
  const password = randomBytes(16).toString('hex')
  const start = async () =>
    starting.use(await ownPostgres({ binaries, locale: 'C.UTF-8', settings, password }))
  const nodes = [await start(), await start(), await start()] as const
  const [coordinator, ...workers] = nodes
  await migrate({ url: coordinator.url })
  for (const node of nodes) await onServer(node.url, prepare)
  await onServer(coordinator.url, async (sql) => {
    await sql.query(`select citus_set_coordinator_host('127.0.0.1', ${coordinator.port})`)
    for (const { port } of workers) {
      await sql.query(`select citus_add_node('127.0.0.1', ${port})`)
    }
  })
  await distribute(coordinator.url)
  const running = starting.move()
  return { nodes, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

const settings = [
  `shared_preload_libraries = 'citus'`,
  `citus.node_conninfo = 'sslmode=disable'`,
  'wal_level = logical',
  'max_prepared_transactions = 200',
  'max_connections = 300',
  'shared_buffers = 64MB',
  'jit = off',
]

async function prepare(sql: pg.Client): Promise<void> {
  await sql.query('create extension citus')
  await allowCitusToDecode(sql)
}

const idem = fileURLToPath(new URL('../../../../apps/server/src/idem.ts', import.meta.url))

async function distribute(url: string): Promise<void> {
  const run = async (...options: string[]) => {
    const env = { PATH: process.env.PATH, DATABASE_URL: url }
    const args = [idem, 'distribute', ...options]
    return (await promisify(execFile)(process.execPath, args, { env })).stdout
  }
  await run()
  const left = await run('--plan')
  if (!left.includes('nothing is left')) throw new Error(left)
}

/** A PostgreSQL of 2026 lets only the libraries that it knows decode its log, and an earlier one does not know the setting. */
async function allowCitusToDecode(sql: pg.Client): Promise<void> {
  const { rowCount } = await sql.query(
    `select 1 from pg_settings where name = 'output_plugin_libraries'`,
  )
  if (rowCount === 0) return
  await sql.query('alter system set output_plugin_libraries = pgoutput, citus')
  await sql.query('select pg_reload_conf()')
}
