import { randomBytes } from 'node:crypto'
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
  for (const node of nodes) await onServer(node.url, (sql) => sql.query('create extension citus'))
  await onServer(coordinator.url, async (sql) => {
    await sql.query(`select citus_set_coordinator_host('127.0.0.1', ${coordinator.port})`)
    for (const { port } of workers) {
      await sql.query(`select citus_add_node('127.0.0.1', ${port})`)
    }
    await distribute(sql)
  })
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

async function distribute(sql: pg.Client): Promise<void> {
  const { rows } = await sql.query(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname in ('idem', 'public') and tablename not in ('todo', 'idempotency_record')
      and not exists (select 1 from pg_depend where objid = format('%I.%I', schemaname, tablename)::regclass and deptype = 'e')
    order by tablename = 'auth_user' desc, tablename = 'second_factor' desc`)
  await sql.query(`select create_distributed_table('public.todo', 'owner_id')`)
  await sql.query(
    `select create_distributed_table('idem.idempotency_record', 'owner_id', colocate_with => 'public.todo')`,
  )
  for (const { name } of rows) await sql.query('select create_reference_table($1)', [name])
  // The version of the tables; comments stay on one node.
  await sql.query(`
    select run_command_on_workers(format('comment on table idem.installation is %L', obj_description('idem.installation'::regclass)))`)
}
