import { readFile, rm, writeFile } from 'node:fs/promises'
import { createPool } from '@idem/database/pool'
import { removeDeletedOwners } from '@idem/operations/remove-deleted-owners'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { expect, test, vi } from 'vitest'
import { password, signInWorld } from '../../sign-in/test-sign-in-world.ts'
import { usedWorlds, type World } from '../test-server-world.ts'

// Each test starts servers and several commands, possibly on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const newWorld = usedWorlds()

const ann = 'ann@todo.example'
const bob = 'bob@todo.example'

/** A server with the accounts of Ann, who has the owner `local`, and Bob. */
async function withTwoAccounts(world: World, more: Readonly<Record<string, string>> = {}) {
  const it = await signInWorld(world, more)
  const claim = { token: it.firstToken(), email: ann, password }
  const { cookie } = await it.ask('/api/auth/claim', { body: claim })
  const invited = await it.invited(bob)
  const run = (name: Parameters<World['run']>[0], ...args: string[]) =>
    world.run(name, args, it.variables)
  return { ...it, cookie, ownerOfBob: String(invited.body.account), run }
}

test('a revoked API key is refused within five seconds, and one is listed with its use', async () => {
  await using world = await newWorld()
  const { ask, run, apiKey } = await withTwoAccounts(world)
  const bearer = await apiKey(ann)
  const read = async () => (await ask('/todos', { method: 'GET', bearer })).status
  expect(await read()).toBe(200)
  const today = new Date().toISOString().slice(0, 10)
  const { out } = await run('api-keys')
  const [, id = ''] =
    /^(\w+) {2}created (\S+) {2}last used \2 +expires never +in use {2}ann@todo\.example {2}test$/m.exec(
      out,
    ) ?? []
  expect(out).toContain(today)
  expect(await run('api-keys', '--revoke', id)).toMatchObject({ code: 0 })
  await expect.poll(read, { timeout: 6_000, interval: 100 }).toBe(401)
  expect((await run('api-keys')).out).toBe('')
  const mistaken = await run('api-key', ann, 'x', 'soon')
  expect(mistaken.errorOutput).toMatch(/^Expected a number of days.*received soon/)
  const twoLines = await run('api-key', ann, 'two\nlines')
  expect(twoLines.errorOutput).toMatch(/^Expected a name of 1 to 100 characters/)
})

test('an API key signs nobody in or out, and sets no password', async () => {
  await using world = await newWorld()
  const { ask, cookie, apiKey } = await withTwoAccounts(world)
  const bearer = await apiKey(ann)
  const statuses: Record<string, number> = {}
  for (const [name, body] of Object.entries({
    'sign-in': { email: ann, password: 'guessed' },
    'sign-out': {},
    claim: { token: 'x', email: 'eve@todo.example', password },
    reset: { token: 'x', password },
  })) {
    const { status, cookie } = await ask(`/api/auth/${name}`, { body, bearer, account: 'local' })
    expect([name, cookie]).not.toEqual([name, expect.stringMatching(/=[^;]/)])
    statuses[name] = status
  }
  expect(statuses).toEqual({ 'sign-in': 401, 'sign-out': 204, claim: 403, reset: 403 })
  expect((await ask('/todos', { method: 'GET', cookie })).status).toBe(200)
  expect((await ask('/api/auth/sign-in', { body: { email: ann, password } })).status).toBe(200)
})

test('nothing is left of an account that is deleted while two processes create under it', async () => {
  await using world = await newWorld()
  await using database = await scratchDatabase()
  const external = { DATABASE_URL: database.url, IDEM_SECRET: 's'.repeat(32) }
  const { ask, apiKey, run, ownerOfBob, ...it } = await withTwoAccounts(world, external)
  const second = await world.serve({ ...it.variables, PORT: '0' })
  const bearer = await apiKey(bob)
  const kept = { key: 'kept', body: { title: 'Buy milk' }, bearer: await apiKey(ann) }
  expect((await ask('/todos', kept)).status).toBe(201)

  const writers = [it.server.url, second.url].map((url) => createUntilRefused(url, bearer))
  expect(await run('delete-account', bob)).toMatchObject({ code: 0, errorOutput: '' })
  const pool = createPool({ url: database.url })
  const query = async (text: string, values: readonly unknown[]) =>
    (await pool.query(text, [...values])).rows
  const { signal } = new AbortController()
  const remove = () => removeDeletedOwners({ query, signal, waitMs: 0 })
  await remove()
  expect(Math.min(...(await Promise.all(writers)))).toBeGreaterThan(0)
  const owners = async () => {
    await remove()
    return query(
      'select owner_id from todo union select owner_id from idem.idempotency_record order by 1',
      [],
    )
  }
  await expect.poll(owners).toEqual([{ owner_id: 'local' }])
  await pool.end()
  expect((await ask('/todos', kept)).headers.get('idempotent-replayed')).toBe('true')
  const signIn = await ask('/api/auth/sign-in', { body: { email: bob, password } })
  expect(signIn.status).toBe(401)
  expect((await run('accounts')).out).not.toContain(ownerOfBob)
})

/** Creates todos one after the other and returns how many, when the key is refused. */
async function createUntilRefused(url: string, bearer: string): Promise<number> {
  for (let created = 0; ; created += 1) {
    const { status } = await fetch(`${url}/todos`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
        authorization: `Bearer ${bearer}`,
      },
      body: JSON.stringify({ title: 'Buy milk' }),
    })
    if (status === 401) return created
    expect(status).toBe(201)
  }
}

test('an account is not deleted when its deletion cannot be noted beside the backups', async () => {
  await using world = await newWorld()
  const { run, server } = await withTwoAccounts(world)
  const mistaken = await run('delete-account', bob, 'missing')
  expect(mistaken).toMatchObject({ code: 1, errorOutput: expect.stringContaining('missing') })
  expect((await run('accounts')).out).toContain(bob)
  await server.stop()
  expect((await run('delete-account', bob)).code).toBe(0)
  expect((await run('accounts')).out).not.toContain(bob)
})

test('a restore brings accounts back, but no session, no deleted account, and API keys only when they are confirmed', async () => {
  await using world = await newWorld()
  const { ask, apiKey, run, cookie, server, variables } = await withTwoAccounts(world)
  const bearers = { ann: await apiKey(ann), bob: await apiKey(bob) }
  for (const bearer of Object.values(bearers)) {
    await ask('/todos', { bearer, key: 'milk', body: { title: 'Buy milk' } })
  }
  expect((await run('backup', 'a.backup')).code).toBe(0)
  expect((await run('delete-account', bob)).code).toBe(0)
  await server.stop()
  await rm(world.dataDir, { recursive: true })

  const restored = await run('restore', 'a.backup')
  expect(restored).toMatchObject({ code: 0, errorOutput: '' })
  expect(restored.out).toContain('idem api-keys --confirm')
  const { output } = await world.serve(variables)
  expect(output()).not.toContain('#')
  const read = async (by: object) => (await ask('/todos', { method: 'GET', ...by })).status
  expect(await Promise.all([{ cookie }, { bearer: bearers.ann }].map(read))).toEqual([401, 401])
  expect((await ask('/api/auth/sign-in', { body: { email: ann, password } })).status).toBe(200)
  expect((await run('accounts')).out.match(/\S+@\S+/g)).toEqual([ann])
  expect((await run('backup', 'b.backup')).out).toContain('todos 1, including deleted; keys 1')

  expect((await run('api-keys', '--confirm')).out).toContain('1 confirmed')
  const byKey = () => read({ bearer: bearers.ann })
  await expect.poll(byKey, { timeout: 6_000, interval: 100 }).toBe(200)
  expect(await read({ bearer: bearers.bob })).toBe(401)
})

test('todos move to another account in a file, and a damaged file moves none', async () => {
  await using world = await newWorld()
  const { ask, apiKey, run } = await withTwoAccounts(world)
  const [bearer, bearerOfBob] = [await apiKey(ann), await apiKey(bob)]
  for (const title of ['Buy milk', 'Buy tea', 'Buy bread']) {
    await ask('/todos', { bearer, key: title.replace(' ', '-'), body: { title } })
  }
  const exported = await run('export', ann, 'ann.json')
  expect(exported).toMatchObject({ code: 0, errorOutput: '' })
  expect((await run('export', ann, 'ann.json')).errorOutput).toContain('already exists')
  const file = world.inFolder('ann.json')
  const text = await readFile(file, 'utf8')

  // One from long before tombstones are forgotten.
  const old = '01800000-0000-7000-8000-000000000001'
  const [id = ''] = /[0-9a-f-]{36}(?="[^}]*Buy tea)/.exec(text) ?? []
  const moved = text.replace(id, old)
  for (const [content, reason] of [
    [
      text.slice(0, -20),
      /^The export \S+ is damaged or truncated, so nothing was imported;[^\n]+$/,
    ],
    [
      text.replace('Buy tea', ' '),
      /^The export \S+ has an invalid todo, number 2 \(title\), so nothing was imported;[^\n]+$/,
    ],
    [text.replace('idem-export 1', 'idem-export 2'), /^\S+ is not an export of Idem,[^\n]+$/],
    [moved, /^$/],
  ] as const) {
    expect(content).not.toBe(text)
    await writeFile(file, content)
    expect((await run('import', bob, 'ann.json')).errorOutput).toMatch(reason)
  }
  expect((await run('import', bob, 'ann.json')).out).toBe(
    'import     todos 0 added, 3 left alone, which were there\n',
  )
  const { body } = await ask('/todos', { method: 'GET', bearer: bearerOfBob })
  expect(body.todos.map((todo: { id: string; title: string }) => [todo.id, todo.title])).toEqual(
    JSON.parse(moved)
      .todos.map((todo: { id: string; title: string }) => [todo.id, todo.title])
      .sort()
      .reverse(),
  )
})
