import pg from 'pg'
import { expect, test } from 'vitest'
import { scratchDatabase } from '../postgres/scratch-database.ts'
import { seeded } from '../random.ts'
import { type Fault, postgresProxy } from './postgres-proxy.ts'

async function world() {
  const database = await scratchDatabase()
  const proxy = await postgresProxy(database.url)
  const [through, direct] = [pool(proxy.url), pool(database.url)]
  await direct.query('create table made (name text)')
  return {
    proxy,
    through,
    /** One insert in a transaction of its own, begun, done and committed as three statements. */
    async insert(name: string) {
      const client = await through.connect()
      client.on('error', () => undefined)
      try {
        await client.query('begin isolation level read committed')
        await client.query('insert into made values ($1)', [name])
        await client.query('COMMIT')
      } finally {
        client.release(true)
      }
    },
    async names() {
      return (await direct.query('select name from made order by name')).rows.map(
        ({ name }) => name,
      )
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([through.end(), direct.end()])
      await proxy[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

function pool(url: string): pg.Pool {
  const made = new pg.Pool({ connectionString: url, query_timeout: 500 })
  return made.on('error', () => undefined)
}

const strikes: readonly [fault: Fault, heard: RegExp, made: string[]][] = [
  ['cut_before', /ECONNRESET|terminated/, []],
  ['cut_after', /ECONNRESET|terminated/, ['struck']],
  ['garble_answer', /invalid response/, ['struck']],
  ['swallow_answer', /timeout/, ['struck']],
  ['hang', /timeout/, []],
  [{ answer: 'XX000' }, /not now/, ['struck']],
]

test.each(strikes)(
  '%s at COMMIT gives the client the right error and the database the right rows',
  async (fault, heard, made) => {
    await using it = await world()
    const struck = it.proxy.strike('COMMIT', fault)
    await expect(it.insert('struck')).rejects.toThrow(heard)
    await struck
    expect(await it.names()).toEqual(made)
    await it.insert('afterwards')
    expect(await it.names()).toContain('afterwards')
  },
)

test('a planned fault meets one message, matched by its complete text', async () => {
  await using it = await world()
  let struck = false
  void it.proxy.strike('insert', 'cut_before').then(() => {
    struck = true
  })
  await it.insert('whole text only')
  expect(struck).toBe(false)
  await Promise.all([
    it.proxy.strike(/^insert/, 'cut_before'),
    expect(it.insert('by a pattern')).rejects.toThrow(),
  ])
  await it.insert('once only')
  expect(await it.names()).toEqual(['once only', 'whole text only'])
})

test('a planned fault matches a prepared statement by its name, also when it was prepared earlier', async () => {
  await using it = await world()
  const insert = { name: 'make', text: 'insert into made values ($1)', values: ['x'] }
  const client = await it.through.connect()
  client.on('error', () => undefined)
  await client.query(insert)
  await Promise.all([
    it.proxy.strike('make', 'cut_after'),
    expect(client.query(insert)).rejects.toThrow(/ECONNRESET|terminated/),
  ])
  client.release(true)
  expect(await it.names()).toEqual(['x', 'x'])
})

test('a delayed message arrives, and so do the messages after it', async () => {
  await using it = await world()
  const begun = performance.now()
  await Promise.all([it.proxy.strike('COMMIT', { delayMs: 100 }), it.insert('late')])
  expect(performance.now() - begun).toBeGreaterThan(95)
  expect(await it.names()).toEqual(['late'])
})

test('a stream sliced into pieces of a few bytes arrives unchanged', async () => {
  await using it = await world()
  it.proxy.slice(seeded(7), 5)
  await it.insert('ä'.repeat(300))
  const { rows } = await it.through.query('select name from made')
  expect(rows).toEqual([{ name: 'ä'.repeat(300) }])
})

test('connections are refused by a closed port or by a SQLSTATE until the proxy accepts again', async () => {
  await using it = await world()
  await it.through.query('select 1')
  const cut = new Promise((resolve) => it.through.once('remove', resolve))
  await it.proxy.refuse()
  expect(it.proxy.cutAll()).toBe(1)
  await cut
  await expect(it.insert('no')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  await it.proxy.accept()
  await it.proxy.refuse('53300')
  await expect(it.insert('no')).rejects.toMatchObject({ code: '53300' })
  await it.proxy.accept()
  await it.insert('yes')
  expect(await it.names()).toEqual(['yes'])
})

test('random faults repeat with their seed and end with calm', async () => {
  await using it = await world()
  it.proxy.storm(seeded(3), { cut_before: 100, cut_after: 50, delay: 20, swallow_answer: 10 })
  let failed = 0
  for (let made = 0; made < 60; made += 1) {
    await it.insert(`in the storm ${made}`).catch(() => {
      failed += 1
    })
  }
  expect(failed).toBeGreaterThan(5)
  expect(failed).toBeLessThan(50)
  expect(it.proxy.calm()).toBeGreaterThanOrEqual(failed)
  for (let made = 0; made < 20; made += 1) await it.insert(`calm ${made}`)
  expect((await it.names()).filter((name) => name.startsWith('calm')).length).toBe(20)
})

test('a connection that a random fault has silenced is cut by calm', async () => {
  await using it = await world()
  const client = await it.through.connect()
  client.on('error', () => undefined)
  it.proxy.storm(seeded(3), { hang: 1_000 })
  const sent = client.query(`insert into made values ('silent')`)
  await new Promise((resolve) => setTimeout(resolve, 100))
  it.proxy.calm()
  await expect(sent).rejects.toThrow(/ECONNRESET|terminated/)
  client.release(true)
})

type Act = () => Promise<void>
const places: readonly [
  place: string,
  fault: (act: Act) => Fault,
  made: string[],
  isHeard: boolean,
][] = [
  ['before', (before) => ({ before }), [], false],
  ['after', (after) => ({ after }), ['struck'], false],
  ['heard', (heard) => ({ heard }), ['struck'], true],
]

test.each(places)(
  'an action of the fault "%s" at COMMIT sees the right rows, and the client gets the right answer',
  async (_, faultOf, made, isHeard) => {
    await using it = await world()
    const acted = Promise.withResolvers<string[]>()
    void it.proxy.strike(
      'COMMIT',
      faultOf(() => it.names().then(acted.resolve)),
    )
    const [{ status }, names] = await Promise.all([settled(it.insert('struck')), acted.promise])
    expect(names).toEqual(made)
    expect(status).toBe(isHeard ? 'fulfilled' : 'rejected')
    expect(await it.names()).toEqual(made)
  },
)

test('a watcher receives each statement until it stops watching', async () => {
  await using it = await world()
  const observed: string[] = []
  const stop = it.proxy.watch((statement) => observed.push(statement))
  await it.insert('watched')
  stop()
  await it.insert('not watched')
  expect(observed.filter((statement) => statement !== '')).toEqual([
    'begin isolation level read committed',
    'insert into made values ($1)',
    'COMMIT',
  ])
})

async function settled(promise: Promise<void>) {
  const [result] = await Promise.allSettled([promise])
  return result
}
