import { randomBytes } from 'node:crypto'
import { migrate } from '@idem/database/migrate'
import { onServer } from '@idem/test-support/on-server'
import type pg from 'pg'
import { type OwnPostgres, ownPostgres } from '../servers/own-postgres.ts'
import { citusBinaries } from './citus-binaries.ts'
import { idemCommand } from './idem-command.ts'

export type CitusCluster = AsyncDisposable & {
  /** Each of them is an entry; the first is the coordinator. */
  readonly nodes: readonly [OwnPostgres, OwnPostgres, OwnPostgres]
  /** Adds another node as docs/beyond-one-machine.md says, without moving shards to it. */
  readonly addNode: () => Promise<OwnPostgres>
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
  })
  const add = ({ port }: OwnPostgres) =>
    onServer(coordinator.url, async (sql) => {
      await sql.query(`select citus_add_node('127.0.0.1', ${port})`)
    })
  for (const worker of workers) await add(worker)
  await distribute(coordinator.url)
  const running = starting.move()
  return {
    nodes,
    async addNode() {
      const node = running.use(
        await ownPostgres({ binaries, locale: 'C.UTF-8', settings, password }),
      )
      await onServer(node.url, prepare)
      await add(node)
      await distribute(coordinator.url)
      return node
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
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

async function distribute(url: string): Promise<void> {
  await idemCommand(url, 'distribute')
  const left = await idemCommand(url, 'distribute', '--plan')
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
