import type pg from 'pg'
import superjson from 'superjson'
import { expect, test, vi } from 'vitest'
import { createIdempotency } from './create-idempotency.ts'
import * as pgSurface from './entries/pg.ts'
import * as surface from './index.ts'
import type { Serializer } from './json.ts'
import { pgAdapter } from './pg/pg-adapter.ts'
import { createWorld, make } from './test-world.ts'

const intent = { owner: 'ann', operation: 'make', key: 'k' }

test('the package exports these values and no others', () => {
  expect(Object.keys(surface).sort()).toEqual(['IdempotencyError', 'createIdempotency'])
  expect(Object.keys(pgSurface).sort()).toEqual(['codeOf', 'guardPool', 'pgAdapter'])
})

test('the tables are found in the named schema with any search path', async () => {
  await using world = await createWorld()
  await world.admin.query(`
    alter schema idem rename to "my ""own"" Schema";
    grant usage on schema "my ""own"" Schema" to public`)
  const idempotency = createIdempotency({
    adapter: pgAdapter(world.openPool()),
    schema: 'my "own" Schema',
  })
  const first = await idempotency.run(intent, make('k'))
  expect(await idempotency.run(intent, make('k'))).toEqual({
    ...first,
    replayed: true,
  })
  expect(await idempotency.outcomeOf(intent)).toMatchObject({ state: 'answered' })
  expect(await idempotency.cancel({ owner: 'ann', key: 'other' })).toEqual({ state: 'cancelled' })
  expect(await idempotency.clean()).toEqual({ removed: 0 })
})

test('without the tables each function names the command that creates them', async () => {
  await using world = await createWorld()
  const { idempotency, batched } = world.newServer({ schema: 'elsewhere' })
  for (const call of [
    () => idempotency.run(intent, make('k')),
    () => batched({ key: 'k' }),
    () => idempotency.outcomeOf(intent),
    () => idempotency.cancel(intent),
    () => idempotency.clean(),
  ]) {
    await expect(call()).rejects.toThrow('run "npx idem migrate"')
  }
  expect(await world.effects()).toBe(0)
})

test('a table that only the effect misses is the error of the effect', async () => {
  await using world = await createWorld()
  const { idempotency } = world.newServer()
  const run = idempotency.run(intent, (tx) => tx.query('select from nowhere'))
  await expect(run).rejects.toThrow('relation "nowhere" does not exist')
})

test('a claim waits for waitMs, also on a connection that would wait for ever', async () => {
  await using world = await createWorld()
  const [first, second] = [world.newServer(), world.newServer({ waitMs: 100 })]
  const claimed = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const slow = first.run({ key: 'k' }, async (tx) => {
    claimed.resolve()
    await release.promise
    return make('k')(tx)
  })
  await claimed.promise
  // The first attempt ends only afterwards, so after an endless wait this would be a replay.
  const timer = setTimeout(release.resolve, 3_000)
  for (const send of [
    () => second.run({ key: 'k' }),
    () => second.idempotency.cancel({ owner: 'ann', key: 'k' }),
  ]) {
    await expect(send()).rejects.toMatchObject({ code: 'in_flight', retryAfterMs: 1_000 })
  }
  clearTimeout(timer)
  release.resolve()
  await slow
})

test('a wait for a claim leaves no setting on the connection', async () => {
  await using world = await createWorld()
  const pool = world.openPool({ max: 1 })
  await createIdempotency({ adapter: pgAdapter(pool) }).run(intent, make('k'))
  const { rows } = await pool.query(`select current_setting('lock_timeout') as lock`)
  expect(rows).toEqual([{ lock: '0' }])
})

test('the time of an answer is right in a session whose zone is New York', async () => {
  await using world = await createWorld()
  const pool = world.openPool({ options: '-c TimeZone=America/New_York -c DateStyle=German,DMY' })
  await world.admin.query('grant all on all tables in schema idem, public to public')
  await world.admin.query('grant usage on schema idem to public')
  const idempotency = createIdempotency({ adapter: pgAdapter(pool) })
  await idempotency.run(intent, make('k'))
  await world.admin.query(
    `update idempotency_record set created_at = '2026-03-04T05:06:07.089Z' where key = 'k'`,
  )
  expect(await idempotency.outcomeOf(intent)).toMatchObject({
    answeredAt: new Date('2026-03-04T05:06:07.089Z'),
  })
  expect(await idempotency.clean()).toEqual({ removed: 1 })
})

test('a limit that throws at once leaves the key to the next attempt', async () => {
  await using world = await createWorld()
  const { idempotency } = world.newServer()
  const inTurn = () => {
    throw new Error('full')
  }
  await expect(idempotency.run(intent, make('k'), { inTurn })).rejects.toThrow('full')
  expect((await idempotency.run(intent, make('k'))).replayed).toBe(false)
})

test('an effect whose errors are not stored costs three statements more than without a key', async () => {
  await using world = await createWorld()
  const adapter = pgAdapter(world.openPool())
  const statements: string[] = []
  const idempotency = createIdempotency({
    adapter: {
      ...adapter,
      transaction: (work) =>
        adapter.transaction((tx, query) =>
          work(tx, (text, values) => {
            statements.push(text)
            return query(text, values)
          }),
        ),
    },
  })
  await idempotency.run(intent, make('k'))
  expect(statements).toHaveLength(3)
})

test('an effect that returns nothing is answered with null, every time', async () => {
  await using world = await createWorld()
  const { idempotency } = world.newServer()
  const nothing = async (tx: pg.PoolClient) => void (await make('k')(tx))
  expect(await idempotency.run(intent, nothing)).toMatchObject({
    value: null,
    replayed: false,
  })
  expect(await idempotency.run(intent, nothing)).toMatchObject({
    text: 'null',
    replayed: true,
  })
  expect(await world.effects()).toBe(1)
})

const cycle: { self?: unknown } = {}
cycle.self = cycle

test.for([
  ['a function', () => undefined],
  ['a symbol', Symbol('made')],
  ['a bigint', 1n],
  ['an object with a bigint', { cents: 1n }],
  ['an object that contains itself', cycle],
  ['an object whose toJSON gives nothing', { toJSON: () => undefined }],
] as const)('an answer that is %s had no effect', async ([, answer]) => {
  await using world = await createWorld()
  const { run } = world.newServer()
  const sent = run({ key: 'k' }, async (tx) => {
    await make('k')(tx)
    return answer
  })
  await expect(sent).rejects.toThrow('must have a form in JSON')
  expect(await world.effects()).toBe(0)
})

/** A Map as an array of entries, a Date as its milliseconds: a small version of superjson. */
const serializer: Serializer = {
  serialize(value) {
    if (value instanceof Map) return { map: [...value] }
    return value instanceof Date ? { ms: value.getTime() } : value
  },
  deserialize: (json) => new Date(Object(json).ms),
}

test('an input is compared as the serializer writes it: another Map is another input', async () => {
  await using world = await createWorld()
  const { idempotency } = world.newServer({ serializer })
  const send = (title: string) =>
    idempotency.run({ ...intent, input: new Map([['title', title]]) }, async () => new Date(7))
  await send('Buy milk')
  expect((await send('Buy milk')).replayed).toBe(true)
  await expect(send('Buy tea')).rejects.toMatchObject({ code: 'key_reused' })
})

test('the first attempt gets its value by way of the serializer, as every replay does', async () => {
  await using world = await createWorld()
  const { idempotency } = world.newServer({ serializer })
  for (const replayed of [false, true]) {
    const answer = await idempotency.run(intent, async () => new Date(7))
    expect(answer).toEqual({ value: new Date(7), text: '{"ms":7}', replayed })
  }
})

test('a batched answer goes through the serializer as well', async () => {
  await using world = await createWorld()
  const { batched } = world.newServer({
    serializer: { serialize: (value) => ({ wrapped: value }), deserialize: (json) => json },
  })
  expect(await batched({ key: 'k' })).toMatchObject({ text: '{"wrapped":{"made":"k"}}' })
})

test('a batched answer that has no form in JSON had no effect', async () => {
  await using world = await createWorld()
  const { batched } = world.newServer({
    serializer: {
      serialize: (value) =>
        Object(value).made === undefined ? value : { toJSON: () => undefined },
      deserialize: (json) => json,
    },
  })
  await expect(batched({ key: 'k' })).rejects.toThrow('must have a form in JSON')
  expect(await world.effects()).toBe(0)
})

test.for([
  ['Map', new Map([['title', 'Buy milk']])],
  ['Set', { tags: [new Set(['milk'])] }],
  ['Uint8Array', { file: new Uint8Array([1]) }],
  ['URLSearchParams', new URLSearchParams('title=milk')],
] as const)(
  'without a serializer a %s is refused as an input and as an answer',
  async ([, value]) => {
    await using world = await createWorld()
    const { idempotency, pool } = world.newServer()
    const run = idempotency.run({ ...intent, input: value }, make('k'))
    await expect(run).rejects.toThrow('has no form in JSON; add the option `serializer`')
    expect(pool.totalCount).toBe(0)
    const answered = idempotency.run(intent, async (tx) => {
      await make('k')(tx)
      return value
    })
    await expect(answered).rejects.toThrow('has no form in JSON')
    expect(await world.effects()).toBe(0)
  },
)

test('plain data is accepted at any depth, and with dates and members of its own class', async () => {
  await using world = await createWorld()
  const { idempotency } = world.newServer()
  class Money {
    readonly cents = 7
  }
  const deep = JSON.parse(`${'['.repeat(5_000)}${']'.repeat(5_000)}`)
  const input = { at: new Date(7), price: new Money(), deep, none: undefined }
  const { value } = await idempotency.run({ ...intent, input }, async () => ({
    at: new Date(7),
    price: new Money(),
  }))
  expect(value).toEqual({ at: '1970-01-01T00:00:00.007Z', price: { cents: 7 } })
})

test.for([
  ['', 'key_missing'],
  ['a key', 'key_malformed'],
  ['a,b', 'key_malformed'],
  ['"quoted"', 'key_malformed'],
  ['back\\slash', 'key_malformed'],
  ['nul\0', 'key_malformed'],
  ['ключ', 'key_malformed'],
  ['k'.repeat(256), 'key_malformed'],
  [7, 'key_malformed'],
] as const)('the key %j is refused as %s before anything is sent', async ([key, code]) => {
  await using world = await createWorld()
  const { run, batched, idempotency, pool, failed } = world.newServer()
  // A caller without types could send it.
  const name = { owner: 'ann', key: key as string }
  const settled = await Promise.allSettled([
    run(name),
    batched(name, { name: 'k' }),
    idempotency.outcomeOf(name),
    idempotency.cancel(name),
  ])
  const refused = { status: 'rejected', reason: { name: 'IdempotencyError', code, retry: 'never' } }
  expect(settled).toMatchObject([refused, refused, refused, refused])
  expect([pool.totalCount, failed]).toEqual([0, []])
})

test.for([
  [undefined, 'of the type undefined'],
  ['', 'another string'],
  ['a\0b', 'another string'],
  ['a\ud800', 'another string'],
  [7, 'of the type number'],
  [7n, 'of the type bigint'],
  [{ token: 'secret' }, 'of the type object'],
] as const)(
  'the owner %o is an error of the caller, found before anything is sent',
  async ([owner, found]) => {
    await using world = await createWorld()
    const { batched, pool, failed } = world.newServer()
    const sent = batched({ owner: owner as string, key: 'k' })
    await expect(sent).rejects.toThrow(`is not empty and has no NUL, but is ${found}.`)
    expect([pool.totalCount, failed]).toEqual([0, []])
  },
)

test.for([
  { retentionHours: 1 },
  { retentionHours: 2.5 },
  { retentionHours: Number.NaN },
  { waitMs: 0 },
  { waitMs: -1 },
])('the option %j is refused at once', (option) => {
  const adapter = { transaction: vi.fn(), codeOf: () => undefined }
  expect(() => createIdempotency({ adapter, ...option })).toThrow(RangeError)
})

test('an answer is plain data', async () => {
  await using world = await createWorld()
  const { idempotency } = world.newServer()
  for (const replayed of [false, true]) {
    const answer = await idempotency.run(intent, make('k'))
    const whole = { value: { made: 'k' }, text: '{"made":"k"}', replayed }
    expect({ ...answer }).toStrictEqual(whole)
    expect(structuredClone(answer)).toStrictEqual(whole)
    expect(JSON.parse(JSON.stringify(answer))).toStrictEqual(whole)
  }
})

const unchanged: Serializer = { serialize: (value) => value, deserialize: (json) => json }

class Opaque {
  get [Symbol.toStringTag]() {
    return 'Opaque'
  }
}

test.for([
  ['Blob', { photo: new Blob(['a']) }],
  ['ArrayBuffer', { photo: new ArrayBuffer(1) }],
  ['Promise', { photo: Promise.resolve(1) }],
  ['RegExp', { photo: /a/ }],
  ['Error', { photo: Object.assign(new Error('a'), { code: 'same' }) }],
  ['WeakMap', { photo: new WeakMap() }],
  ['Opaque', { deep: [{ photo: new Opaque() }] }],
  ['function', { photo: () => 1 }],
  ['symbol', { photo: Symbol('a') }],
  ['bigint', { photo: 1n }],
] as const)(
  'an input with a %s, whose members are all alike in JSON, is refused with the name of the member',
  async ([kind, input]) => {
    await using world = await createWorld()
    for (const settings of [{}, { serializer: unchanged }]) {
      const { idempotency, pool } = world.newServer(settings)
      const sent = idempotency.run({ ...intent, input }, make('k'))
      await expect(sent).rejects.toThrow(
        `The member "photo" of an input is a ${kind}, which has no form in JSON`,
      )
      expect(pool.totalCount).toBe(0)
    }
  },
)

test('superjson gives a RegExp and an Error a form, by which they are compared', async () => {
  await using world = await createWorld()
  const { idempotency } = world.newServer({ serializer: superjson })
  for (const [key, one, other] of [
    ['r', /a/, /b/],
    ['e', new Error('a'), new Error('b')],
  ] as const) {
    const send = (member: unknown) =>
      idempotency.run({ ...intent, key, input: { member } }, make(key))
    await send(one)
    expect((await send(one)).replayed).toBe(true)
    await expect(send(other)).rejects.toMatchObject({ code: 'key_reused' })
  }
})
