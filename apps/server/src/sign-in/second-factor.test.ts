import { resetSecondFactor } from '@idem/accounts/account-admin'
import { createResetLink } from '@idem/accounts/links'
import { totpCode } from '@idem/accounts/totp'
import { todoRouter } from '@idem/api/todo-router'
import { expect, test, vi } from 'vitest'
import { usedWorlds } from '../commands/test-server-world.ts'
import { createAccountActions } from './account-actions.ts'
import { createFactorActions } from './factor-actions.ts'
import { accountWorld } from './test-account-world.ts'
import { password, signInWorld } from './test-sign-in-world.ts'

const newWorld = usedWorlds()
vi.setConfig({ testTimeout: 120_000 })

const email = 'ann@todo.example'

/** Codes that a clock shows before, now, and after: each is accepted, in this order. */
const codes = (secret: string) =>
  [-1, 0, 1].map((later) => totpCode(secret, Math.floor(Date.now() / 30_000) + later))

/** A browser of the first account, which keeps its cookies. */
function browserOf(world: Awaited<ReturnType<typeof accountWorld>>) {
  const jar = new Map<string, string>()
  const headers = () => ({ cookie: [...jar.values()].join('; '), 'idem-account': 'local' })
  return {
    async act(action: string, body: object = {}) {
      const answer = await world.ask(`/api/auth/${action}`, headers(), body)
      for (const each of answer.cookies) jar.set(each.slice(0, each.indexOf('=')), each)
      return answer
    },
    signIn(given = password) {
      return this.act('sign-in', { email, password: given })
    },
    list: async () => (await world.ask('/todos', headers())).status,
    factors: async () => (await world.ask('/api/auth/second-factors', headers())).body,
  }
}

test('with a second factor the password alone signs nobody in, nor does a reset of it', async () => {
  await using world = await accountWorld()
  const [ann, other] = [browserOf(world), browserOf(world)]
  await other.signIn()
  await ann.signIn()
  const { secret } = (await ann.act('new-totp')).body
  const [before = '', now = '', after = ''] = codes(secret)
  const added = await ann.act('set-totp', { code: before })
  expect(added.body.recoveryCodes).toHaveLength(10)
  // The session by the password alone of the other device has ended.
  expect([await ann.list(), await other.list()]).toEqual([200, 401])

  await ann.act('sign-out')
  const half = { secondFactor: { totp: true, passkey: false } }
  expect((await ann.signIn()).body).toEqual(half)
  expect(await ann.list()).toBe(401)
  const wrong = await ann.act('sign-in-code', { code: 'AAAA-BBBB' })
  expect(wrong.body.refusal).toMatchObject({ code: 'invalid_input', paths: ['code'] })
  expect((await ann.act('sign-in-code', { code: now })).body).toEqual({ account: 'local' })
  expect(await ann.list()).toBe(200)

  const { token } = await createResetLink(world.query, email)
  const changed = 'another long one'
  await ann.act('reset', { token, password: changed })
  expect((await ann.signIn(changed)).body).toEqual(half)
  expect(await ann.list()).toBe(401)
  expect((await ann.act('sign-in-code', { code: now })).status).toBe(400)
  expect((await ann.act('sign-in-code', { code: after })).status).toBe(200)
  expect(JSON.stringify(world.events)).not.toContain(secret)
})

test('a lost app is replaced with a recovery code, and an operator resets what is lost altogether', async () => {
  await using world = await accountWorld()
  const ann = browserOf(world)
  await ann.signIn()
  const lost = (await ann.act('new-totp')).body.secret
  const [first = '', , ofLost = ''] = codes(lost)
  const [code] = (await ann.act('set-totp', { code: first })).body.recoveryCodes
  await ann.act('sign-out')
  await ann.signIn()
  expect((await ann.act('sign-in-code', { code })).status).toBe(200)
  expect(await ann.factors()).toMatchObject({ hasTotp: true, recoveryCodes: 9 })
  const [again = '', later = ''] = codes((await ann.act('new-totp')).body.secret)
  expect((await ann.act('set-totp', { code: again })).body).toEqual({})
  await ann.act('sign-out')
  await ann.signIn()
  expect((await ann.act('sign-in-code', { code: ofLost })).status).toBe(400)
  expect((await ann.act('sign-in-code', { code: later })).status).toBe(200)

  await resetSecondFactor(world.query, email)
  await expect(resetSecondFactor(world.query, 'eve@todo.example')).rejects.toThrow('No account')
  expect((await ann.signIn()).body).toEqual({ account: 'local' })
  expect(await ann.factors()).toMatchObject({ hasTotp: false, recoveryCodes: 0 })
})

test('with a second factor giving the proof again takes it too, and so does a new password', async () => {
  await using world = await accountWorld()
  const ann = browserOf(world)
  await ann.signIn()
  const { secret } = (await ann.act('new-totp')).body
  const [before = '', now = ''] = codes(secret)
  const [recovery] = (await ann.act('set-totp', { code: before })).body.recoveryCodes
  await world.wait(5)
  const change = { current: password, password: 'another long one' }
  const refusal = async (action: string, body: object) =>
    (await ann.act(action, body)).body.refusal.code
  expect(await refusal('change-password', change)).toBe('reauthentication_required')
  expect(await refusal('remove-totp', {})).toBe('reauthentication_required')
  for (const body of [{ password }, { password, code: '' }, { password, code: 'AAAA-BBBB' }]) {
    expect(await refusal('reauthenticate', body)).toBe('invalid_input')
  }
  expect(await refusal('reauthenticate', { password: 'wrong', code: now })).toBe(
    'reauthentication_required',
  )
  expect((await ann.act('reauthenticate', { password, code: now })).status).toBe(204)
  expect((await ann.act('change-password', change)).status).toBe(204)
  await world.wait(5)
  const again = { password: change.password, code: recovery }
  expect((await ann.act('reauthenticate', again)).status).toBe(204)
  expect(await refusal('reauthenticate', again)).toBe('invalid_input')
  expect((await ann.act('remove-totp')).status).toBe(204)
})

/** What a session may do that waits for its second factor. */
const forSetUp = ['passkey-options', 'new-passkey-options', 'add-passkey', 'new-totp', 'set-totp']

test('a required second factor is skipped by no procedure, endpoint or action, and by no key from before', async () => {
  await using world = await newWorld()
  const before = await signInWorld(world)
  const claim = { token: before.firstToken(), email, password }
  const { cookie: oldSession } = await before.ask('/api/auth/claim', { body: claim })
  const bearer = await before.apiKey(email)
  expect((await before.ask('/todos', { method: 'GET', bearer })).status).toBe(200)
  await before.server.stop()

  const it = await signInWorld(world, { IDEM_REQUIRE_SECOND_FACTOR: 'true' })
  const signedIn = await it.ask('/api/auth/sign-in', { body: { email, password } })
  expect(signedIn.body).toEqual({ account: 'local', mustSetUp: true })
  const invited = await it.invited('bob@todo.example')
  expect(invited.body).toMatchObject({ mustSetUp: true })

  const { body: api } = await it.ask('/openapi.json', { method: 'GET' })
  const rest = Object.entries<object>(api.paths).flatMap(([path, methods]) =>
    Object.keys(methods)
      .filter((method) => /^(get|post|put|delete)$/.test(method))
      .map((method) => ({ method: method.toUpperCase(), path: path.replace(/\{\w+\}/, 'x') })),
  )
  const trpc = Object.entries(todoRouter._def.procedures).map(([name, { _def }]) =>
    _def.type === 'query'
      ? { method: 'GET', path: `/api/trpc/${name}?input=%7B%7D` }
      : { method: 'POST', path: `/api/trpc/${name}` },
  )
  const auth = [
    // Nothing is called: only their names are read.
    ...Object.keys(createAccountActions({} as never).actions),
    ...Object.keys(createFactorActions({ accounts: {}, cookies: {} } as never).actions),
  ]
  expect([rest.length > 5, trpc.length > 7, auth.length > 15]).toEqual([true, true, true])
  const open = ['/healthz', '/readyz', '/metrics', '/openapi.json', '/docs']
  const calls = [...rest, ...trpc].filter(({ path }) => !open.includes(path))
  const callers = [
    { cookie: signedIn.cookie, account: 'local' },
    { cookie: oldSession, account: 'local' },
    { cookie: invited.cookie, account: invited.body.account },
    { bearer },
  ]
  for (const caller of callers) {
    for (const { method, path } of calls) {
      const body = method === 'GET' ? undefined : {}
      const { status } = await it.ask(path, { method, ...caller, ...(body && { body }) })
      expect([status, method, path]).toEqual([401, method, path])
    }
    for (const action of auth) {
      const { status } = await it.ask(`/api/auth/${action}`, { ...caller, body: valid(action) })
      const isOpen =
        forSetUp.includes(action) && (caller.bearer === undefined || action === 'passkey-options')
      expect([isOpen || status === 401, action, status]).toEqual([true, action, status])
    }
    const shown = await it.ask('/api/auth/account', { method: 'GET', ...caller })
    const session = await it.ask('/api/auth/session', { method: 'GET', ...caller })
    const file = await it.ask('/api/auth/export?account=local', { method: 'GET', ...caller })
    expect([shown.status, session.status, file.status]).toEqual([401, 401, 401])
  }

  const setUp = await it.ask('/api/auth/new-totp', { ...callers[0], body: {} })
  const [code = ''] = codes(setUp.body.secret)
  const cookie = `${signedIn.cookie}; ${setUp.cookie}`
  const set = await it.ask('/api/auth/set-totp', { body: { code }, cookie, account: 'local' })
  expect(set.status).toBe(200)
  expect((await it.ask('/todos', { method: 'GET', cookie: set.cookie })).status).toBe(200)
  expect((await it.ask('/todos', { method: 'GET', bearer })).status).toBe(200)
  // That of the other device may be somebody else's.
  for (const session of [oldSession, signedIn.cookie]) {
    const added = await it.ask('/api/auth/new-totp', {
      cookie: session,
      account: 'local',
      body: {},
    })
    expect(added.status).toBe(401)
  }
  const last = await it.ask('/api/auth/remove-totp', {
    cookie: set.cookie,
    account: 'local',
    body: {},
  })
  expect(last.status).toBe(403)
})

const assertion = { clientDataJSON: 'e30', authenticatorData: 'AA', signature: 'AA' }
const credential = { id: 'AA', rawId: 'AA', type: 'public-key', clientExtensionResults: {} }

/** An input that is read, so that a refusal is about the caller. */
function valid(action: string): object {
  if (action.endsWith('-options') || action === 'new-totp') return {}
  if (action === 'add-passkey') {
    const response = { clientDataJSON: 'e30', attestationObject: 'AA' }
    return { name: 'Laptop', response: { ...credential, response } }
  }
  if (action === 'reauthenticate-passkey')
    return { response: { ...credential, response: assertion } }
  if (action === 'set-totp') return { code: '000000' }
  if (action === 'reauthenticate') return { password }
  if (action === 'change-password') return { current: password, password: 'another long one' }
  if (action === 'rename' || action === 'create-api-key') return { name: 'other' }
  if (action === 'rename-passkey') return { id: 'AA', name: 'other' }
  return /^(end-session|revoke-|confirm-|remove-passkey|withdraw-)/.test(action) ? { id: 'AA' } : {}
}
