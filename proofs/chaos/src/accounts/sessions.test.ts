import { addApiKey } from '@idem/test-support/accounts'
import { afterAll, beforeEach, expect, test, vi } from 'vitest'
import { email, type Headers, signedInServers } from './signed-in-servers.ts'

vi.setConfig({ testTimeout: 60_000 })

const world = await signedInServers()
afterAll(() => world[Symbol.asyncDispose]())
const { cookie: first } = await world.claim()
const { one, other, sql, proxy } = world

beforeEach(async () => {
  await sql.query('delete from todo; delete from idem.idempotency_record')
})

const byCookie = (cookie: string): Headers => ({ cookie, 'idem-account': 'local' })
const byKey = (apiKey: string): Headers => ({ authorization: `Bearer ${apiKey}` })

/** For each kind of caller: how it signs in, and how that expires. */
const callers = {
  'a session': {
    signIn: async () => byCookie((await world.signIn()).cookie),
    expire: () => sql.query(`update auth_session set expires_at = now() - interval '1 s'`),
  },
  'an API key': {
    signIn: async () => byKey(await addApiKey(world.databaseUrl, email)),
    expire: () => sql.query(`update api_key set expires_at = now() - interval '1 s'`),
  },
}

test('a cookie of an account that signs out is refused there at once, and by another process within five seconds', async () => {
  const caller = byCookie(first)
  for (const { now } of [one, other]) {
    expect((await world.list(now.url, caller)).status).toBe(200)
  }
  expect((await world.signOut(caller)).status).toBe(204)
  const begun = performance.now()
  expect((await world.list(other.now.url, caller)).status).toBe(401)
  const elsewhere = async () => (await world.list(one.now.url, caller)).status
  await expect.poll(elsewhere, { timeout: 10_000, interval: 100 }).toBe(401)
  expect(performance.now() - begun).toBeLessThan(5_500)
})

test.for(Object.entries(callers))(
  'a create whose server is killed between commit and answer has one effect, although %s has expired before it is sent again',
  async ([, { signIn, expire }]) => {
    const caller = await signIn()
    const killed = proxy.strike(/^idem_(lone|batch)_createTodo$/, {
      after: () => one.now.end('SIGKILL'),
    })
    expect((await world.create(one.now.url, caller)).status).toBe(0)
    await killed
    await one.restart()
    await expire()

    const expired = await world.create(one.now.url, caller)
    expect(expired.status).toBe(401)
    expect(JSON.parse(expired.text).refusal).toEqual({
      code: 'unauthenticated',
      retry: 'same_key',
    })
    const again = await world.create(one.now.url, await signIn())
    expect(again).toMatchObject({ status: 201, headers: { 'idempotent-replayed': 'true' } })
    const { rows } = await sql.query('select id, owner_id from todo')
    expect(rows).toEqual([{ id: JSON.parse(again.text).id, owner_id: 'local' }])
  },
)
