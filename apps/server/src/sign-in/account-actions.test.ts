import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInvite, createResetLink } from '@idem/accounts/links'
import { expect, test, vi } from 'vitest'
import { accountWorld, password } from './test-account-world.ts'

// Passwords are hashed, possibly on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

type World = Awaited<ReturnType<typeof accountWorld>>

/** All that a person does, with an input that is accepted. */
const dangerous = {
  'end-session': async ({ ann }: World) => ({ id: await idOf(ann, 'sessions') }),
  'end-other-sessions': async () => ({}),
  'create-api-key': async () => ({ name: 'another' }),
  'revoke-api-key': async ({ ann }: World) => ({ id: await idOf(ann, 'apiKeys') }),
  'confirm-api-key': async ({ ann }: World) => ({ id: await idOf(ann, 'apiKeys') }),
  'create-invite': async () => ({}),
  'withdraw-invite': async ({ ann }: World) => ({ id: await idOf(ann, 'invites') }),
  'begin-export': async () => ({}),
  'delete-account': async () => ({}),
} as const

async function idOf(ann: World['ann'], list: 'sessions' | 'apiKeys' | 'invites'): Promise<string> {
  return (await ann.show()).body[list].at(-1).id
}

/** Everything of the accounts that an action could change, without the times of reading. */
async function rowsOf({ query }: World) {
  const tables = ['auth_user', 'auth_session', 'auth_account', 'api_key', 'invite', 'deleted_owner']
  return Promise.all(tables.map((table) => query(`select * from ${table} order by 1`, [])))
}

test('whatever gives or takes access needs a password of the last five minutes, and is refused without a trace', async () => {
  await using world = await accountWorld()
  const { ann } = world
  await world.signIn('ann')
  await ann.act('create-api-key', { name: 'backup' })
  await ann.act('create-invite')
  await world.wait(5)
  expect((await ann.exported()).status).toBe(403)
  const before = await rowsOf(world)
  for (const [action, input] of Object.entries(dangerous)) {
    const { status, body } = await ann.act(action, await input(world))
    expect([action, status, body.refusal]).toEqual([
      ...[action, 403],
      { code: 'reauthentication_required', retry: 'ask_person' },
    ])
  }
  expect(await rowsOf(world)).toEqual(before)
  expect((await ann.act('reauthenticate', { password })).status).toBe(204)
  for (const [action, input] of Object.entries(dangerous)) {
    const { status } = await ann.act(action, await input(world))
    expect([action, status < 300]).toEqual([action, true])
  }
})

test('an API key does none of it, and neither does a page that names no account or another one', async () => {
  await using world = await accountWorld()
  const { ann } = world
  await world.signIn('ann')
  const { key } = (await ann.act('create-api-key', { name: 'backup' })).body
  await ann.act('create-invite')
  const bearer = { authorization: `Bearer ${key}` }
  expect((await world.ask('/todos', bearer)).text).toBe('local')
  const everything = {
    ...dangerous,
    rename: async () => ({ name: 'Eve' }),
    reauthenticate: async () => ({ password }),
    'change-password': async () => ({ current: password, password: 'another long phrase' }),
  }
  const before = await rowsOf(world)
  const others = [
    { headers: { ...bearer, 'idem-account': 'local' }, status: 401 },
    { headers: { ...bearer, cookie: ann.cookie(), 'idem-account': 'local' }, status: 400 },
    { headers: { cookie: ann.cookie() }, status: 403 },
    { headers: { cookie: ann.cookie(), 'idem-account': 'another' }, status: 403 },
  ]
  for (const [action, input] of Object.entries(everything)) {
    for (const { headers, status } of others) {
      const answer = await world.ask(`/api/auth/${action}`, headers, await input(world))
      expect([action, answer.status]).toEqual([action, status])
    }
  }
  expect((await world.ask('/api/auth/account', bearer)).status).toBe(401)
  expect((await world.ask('/api/auth/export?account=local', bearer)).status).toBe(401)
  const rows = await rowsOf(world)
  // The key was used.
  expect([...rows.slice(0, 3), ...rows.slice(4)]).toEqual([
    ...before.slice(0, 3),
    ...before.slice(4),
  ])
})

test('giving the password again continues the session under another cookie, and guesses are counted', async () => {
  await using world = await accountWorld()
  const { ann } = world
  const before = ann.cookie()
  const id = await idOf(ann, 'sessions')
  await world.wait(60)
  expect(await ann.act('reauthenticate', { password: 'wrong' })).toMatchObject({
    status: 403,
    body: { refusal: { code: 'reauthentication_required' } },
  })
  expect((await ann.act('create-invite')).status).toBe(403)
  expect((await ann.act('reauthenticate', { password })).status).toBe(204)
  expect(ann.cookie()).not.toBe(before)
  expect((await world.ask('/todos', { cookie: before })).status).toBe(401)
  expect((await ann.owner()).text).toBe('local')
  expect(await idOf(ann, 'sessions')).toBe(id)

  for (let at = 1; at <= 5; at += 1) await ann.act('reauthenticate', { password: 'wrong' })
  expect((await ann.act('reauthenticate', { password })).status).toBe(429)
})

test('a session or key of another account is answered as one that does not exist, and only the first account invites', async () => {
  await using world = await accountWorld()
  const { ann } = world
  const bob = await world.invited('bob')
  const { key } = (await ann.act('create-api-key', { name: 'backup' })).body
  for (const [action, list] of [
    ['end-session', 'sessions'],
    ['revoke-api-key', 'apiKeys'],
    ['confirm-api-key', 'apiKeys'],
  ] as const) {
    const foreign = await bob.act(action, { id: await idOf(ann, list) })
    const unknown = await bob.act(action, { id: 'unknown' })
    expect([foreign.status, foreign.text]).toEqual([404, unknown.text])
  }
  expect((await bob.act('create-invite')).body.refusal.code).toBe('forbidden')
  expect(await world.query('select token from invite', [])).toEqual([])
  await ann.act('create-invite')
  const invite = { id: await idOf(ann, 'invites') }
  expect((await bob.act('withdraw-invite', invite)).body.refusal.code).toBe('forbidden')
  expect((await ann.show()).body.invites).toHaveLength(1)
  const { body } = await bob.show()
  expect(body).toMatchObject({ account: bob.account, mayInvite: false, apiKeys: [], invites: [] })
  expect(body.sessions).toHaveLength(1)
  expect((await ann.owner()).text).toBe('local')
  expect((await world.ask('/todos', { authorization: `Bearer ${key}` })).text).toBe('local')
})

test('a device that is ended is signed out at once, one or all others, and never the present one', async () => {
  await using world = await accountWorld()
  const { ann } = world
  const [lost, second, third] = [
    await world.signIn('ann'),
    await world.signIn('ann'),
    await world.signIn('ann'),
  ]
  const [{ id: own }] = (await ann.show()).body.sessions
  const [{ id }] = (await lost.show()).body.sessions
  expect((await lost.owner()).status).toBe(200)
  expect((await ann.act('end-session', { id })).status).toBe(204)
  expect((await lost.owner()).status).toBe(401)
  expect((await ann.act('end-session', { id: own })).status).toBe(404)
  expect((await second.owner()).status).toBe(200)
  expect((await ann.act('end-other-sessions')).status).toBe(204)
  for (const other of [second, third]) expect((await other.owner()).status).toBe(401)
  expect((await ann.owner()).status).toBe(200)
})

test('a new password needs the one before, signs out the other devices, and leaves API keys alone', async () => {
  await using world = await accountWorld()
  const { ann } = world
  const other = await world.signIn('ann')
  const { key } = (await ann.act('create-api-key', { name: 'backup' })).body
  const before = ann.cookie()
  const change = (current: string, next: string) =>
    ann.act('change-password', { current, password: next })
  expect((await change('wrong', 'another long phrase')).body.refusal).toMatchObject({
    ...{ code: 'invalid_input', paths: ['current'] },
  })
  for (const poor of ['short', 'ann@todo.example']) {
    expect((await change(password, poor)).body.refusal).toMatchObject({ paths: ['password'] })
  }
  expect((await other.owner()).status).toBe(200)
  expect((await change(password, 'another long phrase')).status).toBe(204)
  expect((await other.owner()).status).toBe(401)
  expect((await world.ask('/todos', { cookie: before })).status).toBe(401)
  expect((await ann.owner()).text).toBe('local')
  expect((await world.ask('/todos', { authorization: `Bearer ${key}` })).text).toBe('local')
  expect((await world.signIn('ann', 'another long phrase')).account).toBe('local')
})

test('a new password has twelve to 256 characters, whatever they are', async () => {
  await using world = await accountWorld()
  const { ann } = world
  let current = password
  const change = (next: string) => ann.act('change-password', { current, password: next })
  for (const poor of ['qzkvwxyhgpb', 'qzk vwx '.repeat(33)]) {
    expect((await change(poor)).body.refusal).toMatchObject({ paths: ['password'] })
  }
  for (const good of ['qzkvwxyhgpbm', ' 1ä☂'.repeat(64)]) {
    expect((await change(good)).status).toBe(204)
    current = good
  }
  expect((await world.signIn('ann', current)).account).toBe('local')
  expect((await world.signIn('ann', current.trim())).account).toBe('undefined')
})

test('a person sees devices and keys without secrets, confirms a key that a restore stopped, and revokes it', async () => {
  await using world = await accountWorld()
  const { ann } = world
  await world.signIn('ann')
  const { key } = (await ann.act('create-api-key', { name: 'backup', days: 30 })).body
  const { body, text } = await ann.show()
  expect(body).toMatchObject({
    ...{ account: 'local', name: 'Ann', email: 'ann@todo.example', mayInvite: true },
    sessions: [
      { device: 'Firefox on Linux', isThis: true },
      { device: 'Firefox on Linux', isThis: false },
    ],
    apiKeys: [{ name: 'backup', state: 'in_use', lastUsedAt: null }],
  })
  expect(text).not.toContain(key)
  const use = async () => (await world.ask('/todos', { authorization: `Bearer ${key}` })).status
  await world.query('update api_key set disabled_at = now()', [])
  expect(await use()).toBe(401)
  const [{ id, state }] = (await ann.show()).body.apiKeys
  expect(state).toBe('not_confirmed')
  expect((await ann.act('confirm-api-key', { id })).status).toBe(204)
  expect(await use()).toBe(200)
  expect((await ann.act('revoke-api-key', { id })).status).toBe(204)
  expect(await use()).toBe(401)
})

test('open links are listed with who made them, and a withdrawn one is answered as an unknown one', async () => {
  await using world = await accountWorld()
  const { ann } = world
  const { token: ofOperator } = await createInvite(world.query)
  const { token } = await createResetLink(world.query, 'ann@todo.example')
  const { url } = (await ann.act('create-invite')).body
  const { body, text } = await ann.show()
  expect(body.invites).toMatchObject([{ isOwn: true }, { isOwn: false }])
  const [{ id, createdAt, expiresAt }] = body.invites
  expect(Date.parse(expiresAt) - Date.parse(createdAt)).toBe(72 * 3_600_000)
  const [own = ''] = String(url).split('#').slice(1)
  for (const secret of [own, ofOperator, token]) expect(text).not.toContain(secret)

  const withdraw = (id: string) => ann.act('withdraw-invite', { id })
  expect((await withdraw(id)).status).toBe(204)
  expect((await withdraw(id)).status).toBe(404)
  const claim = async (token: string) => {
    const wanted = { token, email: 'bob@todo.example', name: '', password }
    const { status, text } = await world.ask('/api/auth/claim', {}, wanted)
    return { status, text }
  }
  expect(await claim(own)).toEqual(await claim('unknown'))
  // Neither the link for a new password nor that of the operator was touched.
  const reset = await world.query('select token from invite where user_id is not null', [])
  expect((await withdraw(String(reset[0]?.token))).status).toBe(404)
  expect((await claim(ofOperator)).status).toBe(200)
  expect((await ann.show()).body.invites).toEqual([])
})

test('a deleted account is gone with its sessions and keys, and a restore will not bring it back', async () => {
  await using world = await accountWorld()
  const bob = await world.invited('bob')
  const { key } = (await bob.act('create-api-key', { name: 'backup' })).body
  expect((await bob.act('delete-account')).status).toBe(204)
  expect((await bob.owner()).status).toBe(401)
  expect((await world.ask('/todos', { authorization: `Bearer ${key}` })).status).toBe(401)
  expect(await world.query('select owner from deleted_owner', [])).toEqual([{ owner: bob.account }])
  expect(await readdir(world.folder)).toEqual(['idem-deleted-owners'])
  expect(await readFile(join(world.folder, 'idem-deleted-owners'), 'utf8')).toBe(`${bob.account}\n`)
  expect((await world.ann.owner()).text).toBe('local')
})

test('an export is a file with the todos of the account on the page, and no other page can start it', async () => {
  await using world = await accountWorld()
  const { ann } = world
  const file = await ann.exported()
  expect(file.text).toBe('todos of local')
  expect(file.headers.get('content-disposition')).toMatch(
    /^attachment; filename="todos-\d{4}-\d\d-\d\d\.json"$/,
  )
  expect(file.headers.get('cache-control')).toBe('no-store')
  for (const account of ['another', '']) {
    expect((await ann.exported(account)).body.refusal.code).toBe('other_account')
  }
  const foreign = await ann.exported('local', { 'sec-fetch-site': 'cross-site' })
  expect(foreign.body.refusal.code).toBe('forbidden')
  expect((await ann.act('export')).status).toBe(405)
})

test('a name may be any text, and the log names nothing that a person wrote', async () => {
  await using world = await accountWorld()
  const { ann, events } = world
  expect((await ann.act('rename', { name: 'Änne ☂' })).status).toBe(204)
  expect((await ann.show()).body.name).toBe('Änne ☂')
  for (const name of ['\0', '\ud800', '\u001b[2J', 'two\nlines', '\u009b31m']) {
    for (const action of ['rename', 'create-api-key']) {
      const { body } = await ann.act(action, { name })
      expect([name, body.refusal.paths]).toEqual([name, ['name']])
    }
  }

  events.splice(0)
  await ann.act('rename', { name: 'Ann' })
  await world.wait(5)
  await ann.exported()
  expect(events).toEqual([
    { action: 'rename', outcome: 'done', owner: 'local' },
    { action: 'export', outcome: 'reauthentication_required' },
  ])
  expect(world.failures).toEqual([])
})

test('an id that no database can contain is invalid input', async () => {
  await using world = await accountWorld()
  for (const [action, more] of [
    ['end-session', {}],
    ['revoke-api-key', {}],
    ['confirm-api-key', {}],
    ['remove-passkey', {}],
    ['rename-passkey', { name: 'Laptop' }],
  ] as const) {
    for (const id of ['a\0b', '\ud800']) {
      const { refusal } = (await world.ann.act(action, { id, ...more })).body
      expect([action, refusal.code, refusal.paths]).toEqual([action, 'invalid_input', ['id']])
    }
  }
  expect(world.failures).toEqual([])
})

test('a passkey with an id that no database can contain is invalid input, for everyone', async () => {
  await using world = await accountWorld()
  const signed = { clientDataJSON: 'e30', authenticatorData: 'AA', signature: 'AA' }
  const { cookies } = await world.ask('/api/auth/passkey-options', {}, {})
  const given = { rawId: 'AA', type: 'public-key', clientExtensionResults: {}, response: signed }
  const answer = await world.ask(
    '/api/auth/sign-in-passkey',
    { cookie: cookies.join('; ') },
    { response: { ...given, id: 'a\0' } },
  )
  expect(answer.body.refusal).toMatchObject({ code: 'invalid_input', paths: ['response.id'] })
  expect(world.failures).toEqual([])
})
