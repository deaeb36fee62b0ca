import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createWorld, executed, type World } from '../test-world.ts'

test('changes that arrive together are two statements, each with an answer of its own', async () => {
  await using world = await createWorld()
  const server = world.newServer()
  const sent = record(server)
  const names = Array.from({ length: 50 }, (_, at) => `c${at}`)
  for (const [at, name] of names.entries()) await world.addCounter(name, at * 100)
  const outcomes = await Promise.all(
    names.map((name) => server.count({ key: name }, { name, add: 1 })),
  )
  expect(outcomes.map(({ value }) => value)).toEqual(
    names.map((_, at) => ({ value: at * 100 + 1 })),
  )
  expect(executed(outcomes)).toBe(50)
  expect(sent.forms()).toEqual(['read', 'batch'])
  expect(sent.alone()).toBe(0)
  expect(await world.counter('c7')).toBe(701)
})

test('a retry is answered from the record, and changes nothing', async () => {
  await using world = await createWorld()
  await world.addCounter('c')
  const server = world.newServer()
  const first = await server.count({ key: 'k' }, { name: 'c', add: 1 })
  const sent = record(server)
  expect(await server.count({ key: 'k' }, { name: 'c', add: 1 })).toEqual({
    ...first,
    replayed: true,
  })
  expect(sent.forms()).toEqual(['read'])
  await expect(server.count({ key: 'k' }, { name: 'c', add: 2 })).rejects.toMatchObject({
    code: 'key_reused',
  })
  expect([await world.counter('c'), sent.alone()]).toEqual([1, 0])
})

test('changes of one row wait for each other, and none is lost', async () => {
  await using world = await createWorld()
  await world.addCounter('c')
  const server = world.newServer()
  const sent = record(server)
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, (_, at) => server.count({ key: `k${at}` }, { name: 'c', add: 1 })),
  )
  expect(new Set(outcomes.map(({ text }) => text)).size).toBe(10)
  expect([await world.counter('c'), sent.alone()]).toEqual([10, 0])
})

test.for([
  { what: 'an answer without a change', add: 0, stored: { answer: '{"value":5}', refusal: null } },
  { what: 'a decline', add: 1, stored: { answer: null, refusal: '{"code":"missing"}' } },
])('$what is stored with its key and replayed', async ({ add, stored }) => {
  await using world = await createWorld()
  if (add === 0) await world.addCounter('c', 5)
  const server = world.newServer()
  const sent = record(server)
  const attempt = () => server.count({ key: 'k' }, { name: 'c', add })
  const [first] = await Promise.allSettled([attempt()])
  // A later attempt is not decided by what is stored then.
  await world.admin.query(
    "insert into counter values ('c', 9) on conflict (name) do update set value = 9",
  )
  const [second] = await Promise.allSettled([attempt()])
  expect(second.status).toBe(first.status)
  expect(JSON.stringify(second)).toBe(
    JSON.stringify(first).replace('"replayed":false', '"replayed":true'),
  )
  const { rows } = await world.admin.query('select answer, refusal from idempotency_record')
  expect(rows).toEqual([stored])
  expect([await world.counter('c'), sent.alone()]).toEqual([9, 0])
})

test('outcomes without an effect that wait for each other are stored by one statement', async () => {
  await using world = await createWorld()
  await world.addCounter('c', 5)
  const server = world.newServer()
  const { query } = server.lanes
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const stored: number[] = []
  Object.assign(server.lanes, {
    query: async (...sent: Parameters<typeof query>) => {
      const [{ values }, lane] = sent
      if (lane === 'parts') {
        stored.push((values[1] as readonly unknown[]).length)
        if (stored.length === 1) await released
      }
      return query(...sent)
    },
  })
  const attempt = (at: number) => server.count({ key: `k${at}` }, { name: 'c', add: 0 })
  const attempts = [attempt(0)]
  await expect.poll(() => stored.length).toBe(1)
  for (let at = 1; at <= 20; at += 1) {
    attempts.push(attempt(at))
    // Each is read by a statement of its own.
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  release()
  expect(executed(await Promise.all(attempts))).toBe(21)
  expect(stored).toEqual([1, 20])
})

test('a row that changes after it was read is not overwritten: the attempt runs alone', async () => {
  await using world = await createWorld()
  await world.addCounter('c')
  await world.addCounter('other')
  const server = world.newServer()
  const sent = record(server, {
    afterRead: () => world.admin.query("update counter set value = 70 where name = 'c'"),
  })
  const [late, other] = await Promise.all([
    server.count({ key: 'k1' }, { name: 'c', add: 1 }),
    server.count({ key: 'k2' }, { name: 'other', add: 1 }),
  ])
  expect([late.value, other.value]).toEqual([{ value: 71 }, { value: 1 }])
  expect([await world.counter('c'), sent.alone()]).toEqual([71, 1])
})

test('a row that another transaction is changing is left to an attempt that runs alone', async () => {
  await using world = await createWorld()
  await world.addCounter('c')
  const server = world.newServer()
  const slow = await world.admin.connect()
  await slow.query("begin; update counter set value = 70 where name = 'c'")
  const changed = server.count({ key: 'k' }, { name: 'c', add: 1 })
  // The batch skips the locked row, and the attempt that runs alone waits for it.
  await expect.poll(() => waiting(world)).toBe(1)
  await slow.query('commit')
  slow.release()
  expect((await changed).value).toEqual({ value: 71 })
  expect(await world.counter('c')).toBe(71)
})

test('a row changed by a transaction that commits while the statement runs is not overwritten', async () => {
  await using world = await createWorld()
  await world.addCounter('slow')
  await world.addCounter('c')
  const server = world.newServer()
  const changed = Promise.all([
    server.count({ key: 'k1' }, { name: 'slow', add: 1 }),
    server.count({ key: 'k2' }, { name: 'c', add: 1 }),
  ])
  const sleeping = "select from pg_stat_activity where wait_event = 'PgSleep'"
  await expect.poll(async () => (await world.admin.query(sleeping)).rowCount).toBe(1)
  await world.admin.query("update counter set value = 70 where name = 'c'")
  expect((await changed).map(({ value }) => value)).toEqual([{ value: 1 }, { value: 71 }])
  expect(await world.counter('c')).toBe(71)
})

test('a locked row fails no batch and delays no other attempt', async () => {
  await using world = await createWorld()
  for (const name of ['held', ...Array.from({ length: 20 }, (_, at) => `c${at}`)]) {
    await world.addCounter(name)
  }
  const server = world.newServer()
  const slow = await world.admin.connect()
  await slow.query("begin; update counter set value = 70 where name = 'held'")
  const held = server.count({ key: 'held' }, { name: 'held', add: 1 })
  const others = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      server.count({ key: `k${at}` }, { name: `c${at}`, add: 1 }),
    ),
  )
  expect(executed(others)).toBe(20)
  expect(server.failed).toEqual([])
  await slow.query('rollback')
  slow.release()
  expect((await held).value).toEqual({ value: 1 })
})

test('changes of one row by several owners wait for each other, and none is lost', async () => {
  await using world = await createWorld()
  await world.addCounter('c')
  const server = world.newServer()
  const owners = Array.from({ length: 10 }, (_, at) => `owner${at}`)
  const outcomes = await Promise.all(
    owners.map((owner) => server.count({ key: 'k', owner }, { name: 'c', add: 1 })),
  )
  expect(new Set(outcomes.map(({ text }) => text)).size).toBe(10)
  expect(await world.counter('c')).toBe(10)
})

test('a change that the database suppresses without an error is not answered as made', async () => {
  await using world = await createWorld()
  await world.addCounter('c')
  await world.addCounter('other')
  await world.admin.query(`
    create function suppress() returns trigger language plpgsql as $$ begin return null; end $$;
    create trigger suppress before update on counter for each row when (old.name = 'c')
      execute function suppress()`)
  const server = world.newServer()
  const sent = record(server)
  const [, other] = await Promise.allSettled([
    server.count({ key: 'k1' }, { name: 'c', add: 1 }),
    server.count({ key: 'k2' }, { name: 'other', add: 1 }),
  ])
  expect(other).toMatchObject({ value: { value: { value: 1 } } })
  expect(server.failed).toMatchObject([{ size: 2, sqlState: '22012' }, { size: 1 }])
  expect(sent.alone()).toBe(1)
})

test('a change that forgets a column runs alone, and the others of its batch do not', async () => {
  await using world = await createWorld()
  await world.addCounter('c', 5)
  await world.addCounter('other')
  const server = world.newServer()
  const sent = record(server)
  const [answer] = await Promise.all([
    server.count({ key: 'k1' }, { name: 'c', add: 1, forgets: 'value' }),
    server.count({ key: 'k2' }, { name: 'other', add: 1 }),
  ])
  expect(answer.value).toEqual({ value: 6 })
  expect([await world.counter('c'), await world.counter('other')]).toEqual([6, 1])
  expect([sent.alone(), server.failed]).toEqual([1, []])
})

test('a standby decides nothing: the attempt runs alone', async () => {
  await using world = await createWorld()
  // Found before the function of PostgreSQL.
  await world.admin.query(`
    create function public.pg_is_in_recovery() returns boolean language sql as 'select true'`)
  const { rows } = await world.admin.query('select current_database() as name')
  await world.admin.query(`alter database ${rows[0].name} set search_path = public, pg_catalog`)
  const server = world.newServer()
  const sent = record(server)
  const refused = server.count({ key: 'k' }, { name: 'missing', add: 1 })
  await expect(refused).rejects.toMatchObject({ stored: { code: 'missing' } })
  expect([sent.forms(), sent.alone()]).toEqual([['read'], 1])
})

test('a column with the name of one of a claim is rejected', async () => {
  await using world = await createWorld()
  const { idempotency, lanes } = world.newServer()
  const define = () =>
    idempotency.batchedChange<string>({
      ...{ pool: lanes, name: 'clash', existing: 'null', unchanged: 'true', update: 'select' },
      columns: { operation: 'text' },
      find: () => ({ row: {}, identity: undefined }),
      change: () => ({ answer: null }),
    })
  expect(define).toThrow('The column "operation" of clash needs another name')
})

test('a row that the database refuses fails alone', async () => {
  await using world = await createWorld()
  for (const name of ['a', 'b', 'c']) await world.addCounter(name, 12)
  const server = world.newServer()
  const settled = await Promise.allSettled([
    server.count({ key: 'k1' }, { name: 'a', add: 2 }),
    server.count({ key: 'k2' }, { name: 'b', add: 1 }),
    server.count({ key: 'k3' }, { name: 'c', add: 2 }),
  ])
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(await Promise.all(['a', 'b', 'c'].map(world.counter))).toEqual([14, 12, 14])
})

test.for([
  { lost: 'read', replayed: 0 },
  { lost: 'batch', replayed: 10 },
] as const)(
  'the attempts of a batch whose $lost was answered and lost run alone, and none has its effect twice',
  async ({ lost, replayed }) => {
    await using world = await createWorld()
    const names = Array.from({ length: 10 }, (_, at) => `c${at}`)
    for (const name of names) await world.addCounter(name)
    const server = world.newServer()
    const { query } = server.lanes
    let cuts = 1
    Object.assign(server.lanes, {
      query: async (...sent: Parameters<typeof query>) => {
        const result = await query(...sent)
        if (sent[0].name.includes(lost) && cuts-- > 0) {
          throw new Error('Connection terminated unexpectedly')
        }
        return result
      },
    })
    const outcomes = await Promise.all(
      names.map((name) => server.count({ key: name }, { name, add: 1 })),
    )
    expect(outcomes.filter((each) => each.replayed)).toHaveLength(replayed)
    expect(outcomes.map(({ value }) => value)).toEqual(names.map(() => ({ value: 1 })))
    expect(await Promise.all(names.map(world.counter))).toEqual(names.map(() => 1))
  },
)

test('a key that another server claims after the read is replayed, not executed', async () => {
  await using world = await createWorld()
  await world.addCounter('c')
  const [late, early] = [world.newServer(), world.newServer()]
  const intent = { key: 'k', operation: 'count', input: { name: 'c', add: 1 } }
  record(late, { afterRead: () => early.run(intent, async () => ({ value: 'early' })) })
  const answer = await late.count({ key: 'k' }, { name: 'c', add: 1 })
  expect(answer).toEqual({ value: { value: 'early' }, text: '{"value":"early"}', replayed: true })
  expect(await world.counter('c')).toBe(0)
})

test('an attempt whose caller leaves after the read has no effect', async () => {
  await using world = await createWorld()
  await world.addCounter('c')
  await world.addCounter('other')
  const server = world.newServer()
  const caller = new AbortController()
  record(server, { afterRead: async () => caller.abort() })
  const [left, stayed] = await Promise.allSettled([
    server.count({ key: 'k1' }, { name: 'c', add: 1 }, caller.signal),
    server.count({ key: 'k2' }, { name: 'other', add: 1 }),
  ])
  expect(left).toMatchObject({ reason: { code: 'unavailable', dropped: true } })
  expect(stayed.status).toBe('fulfilled')
  expect([await world.counter('c'), await world.counter('other')]).toEqual([0, 1])
})

test('a key outside its window is refused, and nothing changes', async () => {
  await using world = await createWorld()
  await world.addCounter('c')
  const server = world.newServer()
  const key = v7({ msecs: Date.now() - 24 * 3_600_000 })
  await expect(server.count({ key }, { name: 'c', add: 1 })).rejects.toMatchObject({
    code: 'key_expired',
  })
  expect(await world.counter('c')).toBe(0)
})

type Server = ReturnType<World['newServer']>

type Recorded = {
  /** Runs after the first statement that reads. */
  readonly afterRead?: () => Promise<unknown>
}

/** The statements of batches from now on, and the transactions of attempts that ran alone. */
function record({ lanes, pool }: Server, { afterRead }: Recorded = {}) {
  const names: string[] = []
  const { query } = lanes
  let reads = 0
  Object.assign(lanes, {
    query: async (...sent: Parameters<typeof query>) => {
      const [{ name }] = sent
      names.push(name)
      const rows = await query(...sent)
      if (name.startsWith('idem_read') && reads++ === 0) await afterRead?.()
      return rows
    },
  })
  let transactions = 0
  const { connect } = pool
  Object.assign(pool, {
    connect: (...parameters: Parameters<typeof connect>) => {
      transactions += 1
      return connect.apply(pool, parameters)
    },
  })
  return {
    forms: () => names.map((name) => name.split('_')[1]),
    alone: () => transactions,
  }
}

async function waiting({ admin }: World): Promise<number> {
  const { rowCount } = await admin.query('select from pg_locks where not granted')
  return rowCount ?? 0
}
