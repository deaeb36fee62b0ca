import { createIdempotency } from '@idem/idempotency'
import { sqlStateOf } from '@idem/idempotency/server'
import { postgresProxy } from '@idem/test-support/postgres-proxy'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createPool } from './pool.ts'
import { createPrisma, inTransaction, type Transaction, transactionsOf } from './prisma.ts'

async function world() {
  const scratch = await scratchDatabase()
  const proxy = await postgresProxy(scratch.url)
  const pool = createPool({ url: proxy.url, max: 1 })
  const prisma = createPrisma(pool)
  return {
    url: scratch.url,
    proxy,
    pool,
    prisma,
    titles: async () => (await prisma.todo.findMany()).map(({ title }) => title),
    async [Symbol.asyncDispose]() {
      await pool.end()
      await proxy[Symbol.asyncDispose]()
      await scratch[Symbol.asyncDispose]()
    },
  }
}

function todo(title: string) {
  const now = new Date('2026-03-04T05:06:07.089Z')
  return { ownerId: 'ada', id: crypto.randomUUID(), title, createdAt: now, updatedAt: now }
}

test('writes of plain SQL and Prisma in one transaction are committed together', async () => {
  await using it = await world()
  const answer = await inTransaction(it.prisma, async (tx, query) => {
    await tx.todo.create({ data: todo('milk') })
    await query('update todo set title = $1', ['bread'])
    return 'done'
  })
  expect(answer).toBe('done')
  expect(await it.titles()).toEqual(['bread'])
})

test('an error in the work rolls back and is rethrown', async () => {
  await using it = await world()
  const sour = new Error('The milk is sour.')
  const work = inTransaction(it.prisma, async (tx) => {
    await tx.todo.create({ data: todo('milk') })
    throw sour
  })
  await expect(work).rejects.toBe(sour)
  expect(await it.titles()).toEqual([])
  expect(it.pool.idleCount).toBe(1)
})

test('a savepoint is set, rolled back to and released through the query function', async () => {
  await using it = await world()
  await inTransaction(it.prisma, async (tx, query) => {
    expect(await query('savepoint effect', [])).toEqual([])
    await tx.todo.create({ data: todo('milk') })
    await expect(query('select 1 / 0', [])).rejects.toThrow('division by zero')
    expect(await query('rollback to savepoint effect', [])).toEqual([])
    expect(await query('release savepoint effect', [])).toEqual([])
    await tx.todo.create({ data: todo('bread') })
    expect(await query('update todo set version = 2', [])).toEqual([])
  })
  expect(await it.titles()).toEqual(['bread'])
})

test('every type of value is returned as it was bound', async () => {
  await using it = await world()
  const bytes = new Uint8Array([0, 255, 39, 92])
  const [row] = await inTransaction(it.prisma, (_, query) =>
    query(
      `select $1::text as text, $2::text as looks_like_a_date, $3::text as looks_like_json,
       $4::int as int, $5::float8 as float, $6::text as nothing, $7::timestamptz as date,
       $8::bytea as bytes, $9::bytea as buffer, $10::bytea as part, $11::boolean as yes, $12::bigint as big`,
      [
        "Zoë's \\ 🥛 $1",
        '2026-03-04T05:06:07.089Z',
        '{"b": 1, "a": 2}',
        -5,
        0.1,
        null,
        new Date('2026-03-04T05:06:07.089Z'),
        bytes,
        Buffer.from(bytes),
        bytes.subarray(1, 3),
        true,
        2 ** 40,
      ],
    ),
  )
  expect(row).toEqual({
    text: "Zoë's \\ 🥛 $1",
    looks_like_a_date: '2026-03-04T05:06:07.089Z',
    looks_like_json: '{"b": 1, "a": 2}',
    int: -5,
    float: 0.1,
    nothing: null,
    date: new Date('2026-03-04T05:06:07.089Z'),
    bytes,
    buffer: bytes,
    part: bytes.subarray(1, 3),
    yes: true,
    big: 2n ** 40n,
  })
})

test('dates mean the same to Prisma, to its query function and to plain SQL', async () => {
  await using it = await world()
  await it.prisma.todo.create({ data: todo('milk') })
  const text = `select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.MS') as at from todo`
  expect((await it.pool.query(text)).rows).toEqual([{ at: '2026-03-04 05:06:07.089' }])
  const { createdAt } = todo('milk')
  expect((await it.pool.query('select created_at from todo')).rows).toEqual([
    { created_at: createdAt },
  ])
  expect(await it.prisma.todo.findFirst()).toMatchObject({ createdAt })
})

test('a statement is sent when it is called, not when it is awaited', async () => {
  await using it = await world()
  await inTransaction(it.prisma, async (tx, query) => {
    await tx.todo.create({ data: todo('milk') })
    const sent = query(`update todo set title = 'bread'`, [])
    expect(await tx.todo.findFirst()).toMatchObject({ title: 'bread' })
    await sent
  })
})

test('a transaction reads rows that others committed since its start', async () => {
  await using it = await world()
  await inTransaction(it.prisma, async (_, query) => {
    expect(await query('show transaction_isolation', [])).toEqual([
      { transaction_isolation: 'read committed' },
    ])
  })
})

test('an error that the work swallowed is not reported as a commit', async () => {
  await using it = await world()
  const swallowing = inTransaction(it.prisma, async (tx, query) => {
    await tx.todo.create({ data: todo('milk') })
    await query('select 1 / 0', []).catch(() => {})
    return 'done'
  })
  expect(await swallowing.catch(sqlStateOf)).toBe('25P02')
  expect(await it.titles()).toEqual([])
})

test('a refused commit rejects, and the pool recovers', async () => {
  await using it = await world()
  await it.pool.query('create table parent (id int primary key)')
  await it.pool.query('create table child (id int references parent deferrable initially deferred)')
  const work = inTransaction(it.prisma, (_, query) => query('insert into child values (1)', []))
  expect(await work.catch(sqlStateOf)).toBe('23503')
  await expectRecovered(it)
})

test('a connection whose COMMIT failed is not reused', async () => {
  await using it = await world()
  await it.pool.query(`
    create function fail() returns trigger language plpgsql as $$
    begin raise exception 'could not commit' using errcode = 'XX000'; end $$;
    create constraint trigger fail after insert on todo deferrable initially deferred
      for each row execute function fail()`)
  const { rows } = await it.pool.query('select pg_backend_pid() as pid')
  const work = inTransaction(it.prisma, (tx) => tx.todo.create({ data: todo('milk') }))
  expect(await work.catch(sqlStateOf)).toBe('XX000')
  const alive = 'select 1 from pg_stat_activity where pid = $1'
  await expect
    .poll(async () => (await it.pool.query(alive, [rows[0].pid])).rowCount, { timeout: 3_000 })
    .toBe(0)
})

test('a connection lost before COMMIT arrives rejects, and nothing is committed', async () => {
  await using it = await world()
  void it.proxy.strike('COMMIT', 'cut_before')
  const work = inTransaction(it.prisma, (tx) => tx.todo.create({ data: todo('milk') }))
  expect(await work.catch(sqlStateOf)).toBe('ECONNRESET')
  await expectRecovered(it)
  expect(await it.titles()).toEqual([])
})

test('a connection lost after COMMIT arrives rejects too, and everything is committed', async () => {
  await using it = await world()
  void it.proxy.strike('COMMIT', 'cut_after')
  const work = inTransaction(it.prisma, (tx) => tx.todo.create({ data: todo('milk') }))
  expect(await work.catch(sqlStateOf)).toBe('ECONNRESET')
  await expectRecovered(it)
  expect(await it.titles()).toEqual(['milk'])
})

test('a pool of one client serves transaction after transaction, whatever their outcome', async () => {
  await using it = await world()
  for (let round = 0; round < 20; round += 1) {
    const fails = round % 3 === 0
    const work = inTransaction(it.prisma, async (_, query) => {
      if (fails) await query('select 1 / 0', [])
      return round
    })
    expect(await work.catch(sqlStateOf)).toBe(fails ? '22012' : round)
  }
  await expectRecovered(it)
})

test('a key that another transaction holds is in flight after waitMs, on a pool of one connection without time-outs', async () => {
  await using scratch = await scratchDatabase()
  const pool = new pg.Pool({ connectionString: scratch.url, max: 1 })
  const holder = new pg.Client({ connectionString: scratch.url })
  await holder.connect()
  await holder.query('begin')
  await holder.query(
    `insert into idem.idempotency_record (owner_id, key, cancelled, created_at) values ('ada', 'k', true, now())`,
  )
  const { run } = createIdempotency({
    adapter: transactionsOf(createPrisma(pool)),
    schema: 'idem',
    waitMs: 100,
  })
  const effect = async (tx: Transaction) => tx.todo.create({ data: todo('milk') })
  const send = () => run({ owner: 'ada', key: 'k', operation: 'createTodo' }, effect)
  const begun = performance.now()
  await expect(send()).rejects.toMatchObject({ name: 'IdempotencyError', code: 'in_flight' })
  // Prisma itself would wait for the lock until the transaction expires after 8 s.
  expect(performance.now() - begun).toBeLessThan(4_000)
  await holder.query('rollback')
  await holder.end()
  expect((await send()).replayed).toBe(false)
  await pool.end()
})

test('a commit that Prisma reports as P1017 is replayed, never reported as a failure', async () => {
  await using it = await world()
  const { run } = createIdempotency({ adapter: transactionsOf(it.prisma), schema: 'idem' })
  void it.proxy.strike('COMMIT', 'cut_after')
  const effect = async (tx: Transaction) => tx.todo.create({ data: todo('milk') })
  const { replayed } = await run({ owner: 'ada', key: 'k', operation: 'createTodo' }, effect)
  expect(replayed).toBe(true)
  expect(await it.titles()).toEqual(['milk'])
})

test('an attempt sends BEGIN with its claim and COMMIT with its answer', async () => {
  await using it = await world()
  const { run } = createIdempotency({ adapter: transactionsOf(it.prisma), schema: 'idem' })
  const messages: string[][] = [[]]
  it.pool.on('connect', (client) => {
    const { connection } = client as unknown as { connection: NodeJS.EventEmitter }
    connection.on('readyForQuery', () => messages.push([]))
  })
  const effect = (title: string) => (tx: Transaction) => tx.todo.create({ data: todo(title) })
  const intent = { owner: 'ada', key: 'k', operation: 'createTodo' }
  // The first one of a connection asks for more.
  await run({ ...intent, key: 'first' }, effect('bread'))
  messages.splice(0, messages.length, [])
  const stop = it.proxy.watch((statement) => messages.at(-1)?.push(statement.trim().slice(0, 11)))
  await run(intent, effect('milk'))
  stop()
  const named = messages.map((each) => each.filter((statement) => statement !== ''))
  expect(named).toEqual([
    ['begin isola', 'idem_wait_3', 'idem_claim_'],
    ['INSERT INTO'],
    ['idem_answer', 'COMMIT'],
    [],
  ])
  expect((await run(intent, effect('milk'))).replayed).toBe(true)
  expect(await it.titles()).toEqual(['bread', 'milk'])
})

test.for([
  ['is found nowhere', undefined],
  ['is another one', new pg.Pool({ max: 0 })],
] as const)(
  'with a client whose pool %s a transaction is READ COMMITTED, and an attempt has one effect',
  async ([_, pool]) => {
    await using it = await world()
    const options = '-c default_transaction_isolation=serializable'
    const own = new pg.Pool({ connectionString: it.url, options })
    const client = createPrisma(own)
    // The internals where the pool is looked for.
    const { adapter } = (client as unknown as { _engineConfig: { adapter: object } })._engineConfig
    await client.$connect()
    Object.assign(adapter, { externalPool: pool })
    const { run } = createIdempotency({ adapter: transactionsOf(client), schema: 'idem' })
    const send = () =>
      run({ owner: 'ada', key: 'k', operation: 'createTodo' }, async (tx) => {
        await tx.todo.create({ data: todo('milk') })
        return tx.$queryRaw`show transaction_isolation`
      })
    expect((await send()).value).toEqual([{ transaction_isolation: 'read committed' }])
    expect((await send()).replayed).toBe(true)
    expect(await it.titles()).toEqual(['milk'])
    await own.end()
  },
)

test('work that requires a transaction cannot be called without one', () => {
  const inside = async (_tx: Transaction) => {}
  const outside = async (prisma: ReturnType<typeof createPrisma>) => {
    // @ts-expect-error Prisma itself is not a transaction.
    await inside(prisma)
    // @ts-expect-error A transaction that inTransaction did not open is not accepted.
    await prisma.$transaction((tx) => inside(tx))
    await inTransaction(prisma, (tx) => inside(tx))
  }
  expect(outside).toBeTypeOf('function')
})

/** At most one client, none checked out, and it works. */
async function expectRecovered({ pool }: { pool: ReturnType<typeof createPool> }) {
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([1, 1, 0])
}
