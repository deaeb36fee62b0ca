import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { usedWorlds } from '../commands/test-server-world.ts'
import { password, signInWorld, tokenIn } from './test-sign-in-world.ts'

const newWorld = usedWorlds()

test('the first account claims its link once, gets what was there, and sign-in cannot disappear', {
  timeout: 120_000,
}, async () => {
  await using world = await newWorld()
  const before = await world.serve()
  const key = 'before-sign-in'
  const created = await before.call('POST', '/todos', { key, body: { title: 'Buy milk' } })
  await before.stop()

  const { ask, firstToken, server, apiKey, variables } = await signInWorld(world)
  expect((await stat(join(world.dataDir, 'secret'))).mode & 0o777).toBe(0o600)
  const early = await world.run('invite', [], variables)
  expect(early).toMatchObject({ code: 0, errorOutput: expect.stringContaining('no account yet') })
  expect(await ask('/todos', { key: 'k', body: { title: 'Buy tea' } })).toMatchObject({
    status: 401,
    body: { refusal: { code: 'unauthenticated', retry: 'same_key' } },
  })
  const claim = { token: firstToken(), email: 'Ann@todo.example', password }
  const { cookie, ...claimed } = await ask('/api/auth/claim', { body: claim })
  expect(claimed).toMatchObject({ status: 200, body: { account: 'local' } })
  const again = { ...claim, email: 'eve@todo.example' }
  expect((await ask('/api/auth/claim', { body: again })).status).toBe(403)

  const replay = { key, body: { title: 'Buy milk' }, cookie, account: 'local' }
  const replayed = await ask('/todos', replay)
  expect(replayed.headers.get('idempotent-replayed')).toBe('true')
  expect(replayed.text).toBe(created.text)

  const bearer = await apiKey('ann@todo.example')
  const byKey = await ask('/todos', { bearer, key: 'by-key', body: { title: 'Buy tea' } })
  expect(byKey.status).toBe(201)
  expect((await ask('/todos', { method: 'GET', bearer, cookie })).status).toBe(400)

  await server.stop()
  const { code, errorOutput } = await world.refusedStart()
  expect({ code, errorOutput }).toEqual({
    code: 1,
    errorOutput: expect.stringContaining('set IDEM_PUBLIC_URL'),
  })
  const later = await world.serve(variables)
  expect(later.output()).not.toContain('#')
})

test('two accounts never see each other, whatever id or key they send', {
  timeout: 120_000,
}, async () => {
  await using world = await newWorld()
  const { ask, firstToken, invited, apiKey } = await signInWorld(world)
  const claim = { token: firstToken(), email: 'ann@todo.example', password }
  await ask('/api/auth/claim', { body: claim })
  const { body } = await invited('bob@todo.example')
  expect(body.account).not.toBe('local')
  const ann = await apiKey('ann@todo.example')
  const bob = await apiKey('bob@todo.example')

  const send = (bearer: string) =>
    ask('/todos', { bearer, key: 'one-key', body: { title: 'Buy milk' } })
  const ofAnn = await send(ann)
  const ofBob = await send(bob)
  expect([ofAnn.status, ofBob.status]).toEqual([201, 201])
  expect(ofBob.headers.has('idempotent-replayed')).toBe(false)
  expect(ofBob.body.id).not.toBe(ofAnn.body.id)

  const unknown = '01890a5d-ac96-774b-bcce-b302099a8057'
  const change = { title: 'Buy tea', completed: true }
  const probes = [
    (id: string) => ask(`/todos/${id}`, { method: 'GET', bearer: bob }),
    (id: string) =>
      ask(`/todos/${id}`, {
        method: 'PUT',
        bearer: bob,
        body: change,
        headers: { 'if-match': '"1"' },
      }),
    (id: string) => ask(`/todos/${id}`, { method: 'PUT', bearer: bob, body: change }),
    (id: string) => ask(`/todos/${id}`, { method: 'DELETE', bearer: bob }),
    (id: string) =>
      ask('/api/trpc/restoreTodo', { bearer: bob, body: { id, idempotencyKey: `r-${id}` } }),
    (id: string) =>
      ask('/api/trpc/updateTodo', {
        bearer: bob,
        body: { id, version: 1, ...change, idempotencyKey: `u-${id}` },
      }),
    (id: string) =>
      ask('/api/trpc/deleteTodo', { bearer: bob, body: { id, idempotencyKey: `d-${id}` } }),
  ]
  for (const probe of probes) {
    const [foreign, missing] = [await probe(ofAnn.body.id), await probe(unknown)]
    const text = foreign.text.replaceAll(ofAnn.body.id, unknown)
    expect([foreign.status, text]).toEqual([missing.status, missing.text])
  }
  await ask('/todos', { bearer: ann, key: 'ann-only', body: { title: 'Buy bread' } })
  const outcome = async (key: string) => {
    const { status, text } = await ask(`/outcomes/${key}`, { method: 'GET', bearer: bob })
    return [status, text]
  }
  expect(await outcome('ann-only')).toEqual(await outcome('nobody-at-all'))
  const list = await ask('/todos', { method: 'GET', bearer: bob })
  expect(list.text).not.toContain(ofAnn.body.id)
  const kept = await ask(`/todos/${ofAnn.body.id}`, { method: 'GET', bearer: ann })
  expect(kept.text).toBe(ofAnn.text)
})

test('a session ends at once, and names its account for every change', {
  timeout: 120_000,
}, async () => {
  await using world = await newWorld()
  const { ask, firstToken } = await signInWorld(world)
  const claim = { token: firstToken(), email: 'ann@todo.example', password }
  const { cookie } = await ask('/api/auth/claim', { body: claim })
  const create = { key: 'k', body: { title: 'Buy milk' }, cookie }

  expect((await ask('/todos', create)).body.refusal.code).toBe('forbidden')
  expect((await ask('/todos', { ...create, account: 'another' })).body.refusal).toEqual({
    code: 'other_account',
    retry: 'same_key',
  })
  expect((await ask('/todos', { ...create, account: 'local' })).status).toBe(201)
  const foreign = { origin: 'http://localhost:1' }
  expect((await ask('/todos', { ...create, account: 'local', headers: foreign })).status).toBe(403)

  const session = () => ask('/api/auth/session', { method: 'GET', cookie })
  const shown = await session()
  expect(shown.body).toEqual({ account: 'local', name: '', email: 'ann@todo.example' })
  expect(shown.headers.get('cache-control')).toBe('no-store')
  expect((await ask('/api/auth/session', { method: 'HEAD', cookie })).status).toBe(200)
  const byAnother = await ask('/api/auth/sign-out', { cookie, account: 'another' })
  expect(byAnother.body.refusal.code).toBe('other_account')
  expect((await session()).status).toBe(200)
  expect((await ask('/api/auth/sign-out', { cookie, account: 'local' })).status).toBe(204)
  expect((await ask('/todos', { method: 'GET', cookie })).status).toBe(401)
  const ended = await session()
  expect([ended.status, ended.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
})

test('to sign in again ends the session of the browser', { timeout: 120_000 }, async () => {
  await using world = await newWorld()
  const { ask, firstToken, invited } = await signInWorld(world)
  const ann = { email: 'ann@todo.example', password }
  const first = await ask('/api/auth/claim', { body: { token: firstToken(), ...ann } })
  await invited('bob@todo.example')
  const list = async (cookie: string) => (await ask('/todos', { method: 'GET', cookie })).status

  const second = await ask('/api/auth/sign-in', { body: ann, cookie: first.cookie })
  expect([await list(first.cookie), await list(second.cookie)]).toEqual([401, 200])
  // An answer contains the token in its cookie alone.
  expect(second.text).toBe('{"account":"local"}')
  const bob = { ...ann, email: 'bob@todo.example' }
  const third = await ask('/api/auth/sign-in', { body: bob, cookie: second.cookie })
  expect([await list(second.cookie), await list(third.cookie)]).toEqual([401, 200])
  const wrong = { ...bob, password: 'wrong' }
  await ask('/api/auth/sign-in', { body: wrong, cookie: third.cookie })
  expect(await list(third.cookie)).toBe(200)
})

test('with a public address on https a browser of this machine signs in at that of the server, and others only on https', {
  timeout: 120_000,
}, async () => {
  await using world = await newWorld()
  const { ask, firstToken, server } = await signInWorld(world, {
    IDEM_PUBLIC_URL: 'https://todo.example',
  })
  const headers = { origin: server.url }
  const claim = { token: firstToken(), email: 'ann@todo.example', password }
  const claimed = await ask('/api/auth/claim', { body: claim, headers })
  expect(claimed.headers.getSetCookie().join()).not.toMatch(/__Host-|Secure/)
  const { cookie } = claimed
  const create = { key: 'waited', body: { title: 'Buy milk' }, cookie, account: 'local' }
  expect((await ask('/todos', { ...create, headers })).status).toBe(201)
  const proxied = { ...headers, 'x-forwarded-for': '192.0.2.1' }
  expect((await ask('/todos', { ...create, headers: proxied })).status).toBe(403)

  for (const path of ['/', '/todos', '/healthz', '/api/auth/session', '/api/trpc/listTodos']) {
    const { headers } = await ask(path, { method: 'GET' })
    const transport = headers.get('strict-transport-security')
    expect([path, transport]).toEqual([path, 'max-age=31536000; includeSubDomains'])
  }
})

test('below a path of the public address are the links, the cookies, both APIs and their documentation', {
  timeout: 120_000,
}, async () => {
  await using world = await newWorld()
  const { ask, firstToken, server } = await signInWorld(world, {
    IDEM_PUBLIC_URL: 'https://home.example/todos/',
  })
  expect(server.url).toMatch(/^http:\/\/localhost:\d+\/todos$/)
  expect(server.output()).toContain('https://home.example/todos/invite#')

  const headers = { host: 'home.example', origin: 'https://home.example' }
  const claim = { token: firstToken(), email: 'ann@todo.example', password }
  const claimed = await ask('/api/auth/claim', { body: claim, headers })
  expect(claimed.headers.getSetCookie().join()).toMatch(
    /^__Secure-idem-session=\S+; Path=\/todos\/;/,
  )
  const { cookie } = claimed
  const create = { key: 'k', body: { title: 'Buy milk' }, cookie, account: 'local', headers }
  const created = await ask('/todos', create)
  expect(created.headers.get('location')).toBe(`/todos/todos/${created.body.id}`)

  const read = (path: string) => ask(path, { method: 'GET' })
  expect((await read('/openapi.json')).body.servers).toEqual([{ url: '/todos' }])
  const pages = [await read('/docs'), await read('/docs/start.js'), await read('/')]
  for (const { text } of pages) expect(text).not.toMatch(/["']\/(?!todos\/)[\w_]/)
  const [, script] = /<script src="(\S+\/turbopack-\S+)"/.exec(pages[2]?.text ?? '') ?? []
  expect((await fetch(new URL(`${script}`, server.url))).status).toBe(200)
})

test('nobody can sign up, and what an account sends is at most 64 KiB', {
  timeout: 120_000,
}, async () => {
  await using world = await newWorld()
  const { ask } = await signInWorld(world)
  const body = { email: 'eve@todo.example', password, name: 'Eve' }
  for (const path of ['sign-up/email', 'sign-up', 'sign-in/email', 'get-session', 'admin', 'ok']) {
    expect((await ask(`/api/auth/${path}`, { body })).status).toBe(404)
    expect((await ask(`/api/auth/${path}`, { method: 'GET' })).status).toBe(404)
  }
  const named = { email: body.email, password, token: 'unknown' }
  for (const name of ['\0', '\ud800']) {
    const refused = await ask('/api/auth/claim', { body: { ...named, name } })
    expect(refused.body.refusal).toMatchObject({ code: 'invalid_input', paths: ['name'] })
  }
  const large = { ...body, password: 'x'.repeat(65_536) }
  expect((await ask('/api/auth/sign-in', { body: large })).status).toBe(413)
})

test('the sixth wrong password is refused, whatever address is forwarded, and a known device is not locked out', {
  timeout: 120_000,
}, async () => {
  await using world = await newWorld()
  // What a shell may export to every process: none of it changes anything.
  const { ask, firstToken, server } = await signInWorld(world, {
    NODE_ENV: 'test',
    BETTER_AUTH_SECRETS: 'malformed',
    BETTER_AUTH_URL: 'https://evil.example',
  })
  const email = 'ann@todo.example'
  const { cookie } = await ask('/api/auth/claim', {
    body: { token: firstToken(), email, password },
  })
  const guess = (body: object, at = 1) =>
    ask('/api/auth/sign-in', { body, headers: { 'x-forwarded-for': `192.0.2.${at}` } })

  const wrong = { email, password: 'wrong' }
  const unknown = { email: 'eve@todo.example', password: 'wrong' }
  for (let at = 1; at <= 5; at += 1) {
    const [known, other] = [await guess(wrong, at), await guess(unknown, at)]
    expect(known.status).toBe(401)
    expect(other.text).toBe(known.text)
  }
  const sixth = await guess({ email, password }, 6)
  expect(sixth.status).toBe(429)
  expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(800)
  expect((await guess(unknown, 6)).status).toBe(429)

  const signedIn = await ask('/api/auth/sign-in', { body: { email, password }, cookie })
  expect(signedIn).toMatchObject({ status: 200, body: { account: 'local' } })

  const metrics = await ask('/metrics', { method: 'GET' })
  await server.stop()
  const events = server.output().matchAll(/^.*"msg":"sign-in".*$/gm)
  const told = [...events].map(([line]) => JSON.parse(line))
  expect(told[0]).toMatchObject({ action: 'claim', outcome: 'done', owner: 'local' })
  expect(told[1]).toMatchObject({ action: 'sign-in', outcome: 'unauthenticated' })
  expect(told.at(-1)).toMatchObject({ action: 'sign-in', outcome: 'done', owner: 'local' })
  for (const text of [server.output(), metrics.text]) {
    expect(text).not.toMatch(/todo\.example|192\.0\.2|wrong/)
  }
})

test('behind a trusted proxy the attempts of each client are counted', {
  timeout: 120_000,
}, async () => {
  await using world = await newWorld()
  const { ask } = await signInWorld(world, { IDEM_TRUSTED_PROXIES: '127.0.0.1, ::1' })
  const guess = async (forwarded: string) => {
    const body = { email: 'ann@todo.example', password: 'wrong' }
    const headers = { 'x-forwarded-for': forwarded }
    return (await ask('/api/auth/sign-in', { body, headers })).status
  }
  for (let at = 1; at <= 5; at += 1) {
    // What the client itself sends comes first.
    expect(await guess(`203.0.113.${at}, 192.0.2.1`)).toBe(401)
  }
  expect(await guess('203.0.113.6, 192.0.2.1')).toBe(429)
  expect(await guess('192.0.2.2')).toBe(401)
})

test('a new password by link ends the sessions and keys of the account', {
  timeout: 120_000,
}, async () => {
  await using world = await newWorld()
  const { ask, firstToken, apiKey, variables } = await signInWorld(world)
  const email = 'ann@todo.example'
  const { cookie } = await ask('/api/auth/claim', {
    body: { token: firstToken(), email, password },
  })
  const bearer = await apiKey(email)
  expect((await ask('/todos', { method: 'GET', bearer })).status).toBe(200)

  const token = tokenIn((await world.run('reset-password', [email], variables)).out)
  const reset = (body: object) => ask('/api/auth/reset', { body })
  expect((await reset({ token, password: 'short' })).body.refusal.paths).toEqual(['password'])
  expect((await reset({ token, password: 'another long one' })).status).toBe(204)
  expect((await reset({ token, password: 'another long one' })).status).toBe(403)
  expect((await ask('/todos', { method: 'GET', bearer })).status).toBe(401)
  expect((await ask('/todos', { method: 'GET', cookie })).status).toBe(401)
  const signIn = await ask('/api/auth/sign-in', { body: { email, password: 'another long one' } })
  expect(signIn.status).toBe(200)
  const ended = await world.run('sessions', ['--end', email], variables)
  expect(ended.out).toContain('1 ended')
  const { status } = await ask('/todos', { method: 'GET', cookie: signIn.cookie })
  expect(status).toBe(401)
  expect((await world.run('accounts', [], variables)).out).toContain(email)
})
