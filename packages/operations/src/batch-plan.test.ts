import { createPool } from '@idem/database/pool'
import type { PrismaClient } from '@idem/database/prisma'
import type { Statement } from '@idem/idempotency/batch'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { createOperations } from './create-operations.ts'
import { caller, callOf, fakeBatchPool, plainSettings } from './test-world.ts'

// Filling a table with 100,000 rows takes a while on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

/** Above a cost of 100,000 PostgreSQL compiles a statement before it runs it, which takes longer than any batch. */
const farBelowJit = 10_000

const sizes = [1, 64] as const

const tables = [
  { state: 'new', rows: 0, analyzed: false },
  { state: 'of two rows', rows: 2, analyzed: true },
  { state: 'of one page', rows: 40, analyzed: true },
  { state: 'of 100,000 rows that were never counted', rows: 100_000, analyzed: false },
  { state: 'of 100,000 rows', rows: 100_000, analyzed: true },
]

test.for(tables)(
  'tables $state: a batch has a cheap plan that scans none of them, without a session setting',
  async ({ rows, analyzed }) => {
    await using world = await createWorld()
    await world.fill(rows)
    if (analyzed)
      await world.client.query('analyze todo, idem.idempotency_record, idem.installation')
    const batches = await Promise.all(sizes.map((size) => batchOf(size)))
    const statements = [...batches, ...(await readAndStore()), ...(await readAndChange())]
    for (const { text, values } of statements) {
      for (const plan of [
        await world.explain(`explain (generic_plan, format json) ${text}`, []),
        await world.explain(`explain (format json) ${text}`, values),
      ]) {
        expect(plan['Total Cost']).toBeLessThan(farBelowJit)
        expect(scannedTables(plan)).toEqual(['installation'])
      }
    }
  },
)

test.for(['opaque', 'time-ordered'] as const)(
  'a statement for %s keys is planned five times for its values, then keeps its plan, also when the first batches are small',
  async (keys) => {
    await using world = await createWorld()
    for (const size of [1, 1, 1, 1, 1, 1, 1, 1, 2, 3, 2, 2, 2, 128, 2, 64, 3]) {
      await world.run(await batchOf(size, keys))
    }
    expect(await world.plans()).toEqual([
      { name: 'idem_batch_createTodo', kept: 4, made: 5 },
      { name: 'idem_lone_createTodo', kept: 3, made: 5 },
    ])
  },
)

const kinds = [
  { kind: 'creates', statementsFor: async (size: number) => [await batchOf(size)] },
  { kind: 'changes', statementsFor: readAndChangeOf },
]

test.for(kinds)(
  'a plan for $kind that was kept while the tables were small does not scan them when they have grown',
  async ({ statementsFor }) => {
    await using world = await createWorld()
    const runAll = async (size: number) => {
      for (const statement of await statementsFor(size)) await world.run(statement)
    }
    await world.fill(2, 'first')
    await world.client.query('analyze todo, idem.idempotency_record, idem.installation')
    for (const size of [...Array(8).fill(1), ...Array(8).fill(2)]) await runAll(size)
    await world.fill(10_000)
    const before = await world.scans()
    for (const size of sizes) await runAll(size)
    expect(await world.scans()).toEqual(before)
  },
)

test.for(kinds)(
  'a plan for $kind that was kept while the tables were small stays kept when autovacuum reaches the tables, one after the other',
  async ({ statementsFor }) => {
    await using world = await createWorld()
    for (let time = 0; time < 8; time += 1) {
      for (const size of [1, 2]) {
        for (const statement of await statementsFor(size)) await world.run(statement)
      }
    }
    await world.fill(100_000)
    // Each discards the kept plans, and the first leaves a large table that was never counted.
    for (const table of ['todo', 'idem.idempotency_record']) {
      await world.client.query(`analyze ${table}`)
      for (const size of sizes) {
        for (const statement of await statementsFor(size)) await world.run(statement)
      }
    }
    const plans = await world.plans()
    expect(plans.length).toBeGreaterThan(1)
    expect(plans.map(({ made }) => made)).toEqual(plans.map(() => 5))
  },
)

async function createWorld() {
  const database = await scratchDatabase()
  const patienceMs = 60_000
  const pool = createPool({ url: database.url, max: 1, statementTimeoutMs: patienceMs })
  const client = await pool.connect()
  const slowly = (text: string, values: readonly unknown[]) =>
    client.query(Object.assign({ text, values: [...values] }, { query_timeout: patienceMs }))
  // Otherwise autovacuum would analyze the tables between two steps of a test.
  for (const table of ['todo', 'idem.idempotency_record']) {
    await client.query(`alter table ${table} set (autovacuum_enabled = off)`)
  }
  return {
    client,
    async fill(rows: number, name = 'filled') {
      await slowly(
        `insert into idem.idempotency_record (owner_id, key, operation, fingerprint, answer, created_at)
         select 'local', $3 || n, 'createTodo', sha256('x'), $2, now()
         from generate_series(1, $1::int) as n`,
        [rows, JSON.stringify({ title: 'x'.repeat(150) }), name],
      )
      await slowly(
        `insert into todo (owner_id, id, title, created_key, created_at, updated_at)
         select 'local', gen_random_uuid(), 'filled', $2 || n, now(), now()
         from generate_series(1, $1::int) as n`,
        [rows, name],
      )
    },
    run: (statement: Statement) => client.query({ ...statement, values: [...statement.values] }),
    async explain(text: string, values: readonly unknown[]): Promise<Plan> {
      const { rows } = await client.query(text, [...values])
      return rows[0]['QUERY PLAN'][0].Plan
    },
    /** How often a statement was executed with its kept plan, and with a plan that was made for its values. */
    async plans() {
      const { rows } = await client.query<{ name: string; kept: number; made: number }>(
        `select name, generic_plans::int as kept, custom_plans::int as made
         from pg_prepared_statements where name like 'idem%' order by name`,
      )
      return rows
    },
    /** The number of scans of each table. */
    async scans() {
      await client.query('select pg_stat_force_next_flush()')
      const { rows } = await client.query(
        `select relname, seq_scan from pg_stat_user_tables
         where relname in ('todo', 'idempotency_record') order by relname`,
      )
      return rows
    },
    async [Symbol.asyncDispose]() {
      client.release()
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

type Plan = { readonly 'Total Cost': number; readonly [member: string]: unknown }

function scannedTables(plan: Plan): string[] {
  const found = JSON.stringify(plan).matchAll(/"Seq Scan"[^{}]*?"Relation Name":"(\w+)"/g)
  return [...new Set(Array.from(found, ([, table]) => String(table)))]
}

const withoutDatabase = {
  $transaction: () => Promise.reject(new Error('There is no database.')),
} as unknown as PrismaClient

/** The statement that the server sends for this many creates, half of them with an id from the client. */
async function batchOf(
  size: number,
  keys: 'opaque' | 'time-ordered' = 'time-ordered',
): Promise<Statement> {
  const [statement] = await statementsOf(size, keys)
  if (statement === undefined) throw new Error('No statement was sent.')
  return statement
}

/** The statements that the server sends after a batch in which ids existed already. */
async function readAndStore(): Promise<Statement[]> {
  const existing = JSON.stringify({ ...storedTodo, deletedMs: 1 })
  const taken = [1, 2, 3].map((at) => ({ at, state: 'taken', existing }))
  const [, read, store] = await statementsOf(3, 'time-ordered', (name) =>
    name.startsWith('idem_read') ? taken : [],
  )
  if (read === undefined || store === undefined) throw new Error('Expected three statements.')
  return [read, store]
}

/** The statements that the server sends for one and for several changes. */
async function readAndChange(): Promise<Statement[]> {
  const sent = await Promise.all(sizes.map(readAndChangeOf))
  const names = sent.map((statements) => statements.map(({ name }) => name))
  expect(names).toEqual([
    ['idem_read_changeTodo', 'idem_lone_changeTodo'],
    ['idem_read_changeTodo', 'idem_batch_changeTodo'],
  ])
  return sent.flat()
}

async function readAndChangeOf(size: number): Promise<Statement[]> {
  const existing = JSON.stringify(storedTodo)
  const found = Array.from({ length: size }, (_, at) => ({ at: at + 1, state: 'taken', existing }))
  const { operations, statements } = recordingOperations((name) =>
    name.startsWith('idem_read') ? found : [],
  )
  const updates = found.map(() => {
    const change = { id: v7(), version: 1, title: 'tea' }
    return operations.updateTodo(caller, callOf('updateTodo', change, v7()))
  })
  await Promise.allSettled(updates)
  return statements
}

const storedTodo = {
  id: v7(),
  title: 'milk',
  completed: false,
  version: 1,
  createdMs: 0,
  updatedMs: 0,
  deletedMs: null,
}

async function statementsOf(
  size: number,
  keys: 'opaque' | 'time-ordered',
  rowsOf: (name: string) => Record<string, unknown>[] = () => [],
): Promise<Statement[]> {
  const { operations, statements } = recordingOperations(rowsOf)
  const creates = Array.from({ length: size }, (_, at) => {
    const id = at % 2 === 0 ? {} : { id: v7() }
    const key = keys === 'opaque' ? `k-${v7()}` : v7()
    return operations.createTodo(caller, callOf('createTodo', { title: 'milk', ...id }, key))
  })
  // There is no database, so attempts that a batch leaves out are refused.
  await Promise.allSettled(creates)
  return statements
}

/** Operations without a database, and the statements of their batches. */
function recordingOperations(rowsOf: (name: string) => Record<string, unknown>[]) {
  const statements: Statement[] = []
  const operations = createOperations({
    ...plainSettings,
    prisma: withoutDatabase,
    batchPool: fakeBatchPool(async (statement) => {
      statements.push(statement)
      return rowsOf(statement.name)
    }),
  })
  return { operations, statements }
}
