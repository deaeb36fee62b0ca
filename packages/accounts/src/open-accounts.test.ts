import { createPool } from '@idem/database/pool'
import { createPrisma } from '@idem/database/prisma'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { expect, test, vi } from 'vitest'
import { createApiKey } from './api-keys.ts'
import { claimLink, createInvite, createResetLink, resetPassword } from './links.ts'
import { openAccounts } from './open-accounts.ts'
import type { Query } from './query.ts'
import { replaceRecoveryCodes } from './second-factor/recovery-codes.ts'

const password = 'correct horse battery'

async function world() {
  const database = await scratchDatabase()
  // A test waits while it holds a lock.
  const pool = createPool({ url: database.url, lockTimeoutMs: 10_000, statementTimeoutMs: 10_000 })
  const prisma = createPrisma(pool)
  const hook = { beforeTakenBack: async () => {}, beforeKey: async () => {} }
  const query: Query = async (text, values) => {
    // The password was right, and the session does not exist yet.
    if (text.startsWith('update sign_in_attempt')) await hook.beforeTakenBack()
    if (text.startsWith('insert into api_key')) await hook.beforeKey()
    return (await pool.query(text, [...values])).rows
  }
  const settings = { prisma, query, secret: 's'.repeat(32), origin: 'http://localhost:3000' }
  const accounts = await openAccounts(settings)
  return {
    accounts,
    query,
    settings,
    hook,
    pool,
    /** So many wait for a lock. */
    async waiting(count: number): Promise<void> {
      const waiters = `select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`
      const areThere = async () => (await pool.query(waiters)).rowCount === count
      await vi.waitUntil(areThere, { interval: 10, timeout: 10_000 })
    },
    async [Symbol.asyncDispose]() {
      await prisma.$disconnect()
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}

test('many attempts to claim the first link make one account, and no further link is made', async () => {
  await using it = await world()
  const token = (await it.accounts.firstLink())?.token ?? ''
  const claims = ['ann', 'bob', 'cem', 'eve'].map((name) =>
    it.accounts.claim({ token, email: `${name}@todo.example`, name, password }),
  )
  const settled = await Promise.allSettled(claims)
  expect(settled.filter(({ status }) => status === 'fulfilled')).toMatchObject([
    { value: { account: 'local' } },
  ])
  expect(await it.query('select owner from auth_user', [])).toEqual([{ owner: 'local' }])
  expect(await it.accounts.firstLink()).toBeUndefined()
})

test('each instance has a first link, one of them makes an account, and the others end with it', async () => {
  await using it = await world()
  const others = await Promise.all([1, 2, 3].map(() => openAccounts(it.settings)))
  const instances = [it.accounts, ...others]
  const links = await Promise.all(instances.map((each) => each.firstLink()))
  const claim = (token = '', at = 0) => {
    const accounts = instances[at] ?? it.accounts
    return accounts.claim({ token, email: `${at}@todo.example`, name: '', password })
  }
  const settled = await Promise.allSettled(links.map((link, at) => claim(link?.token, at)))
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  for (const link of links) {
    await expect(claim(link?.token, 9)).rejects.toMatchObject({ refusal: { code: 'forbidden' } })
  }
  expect(await it.query('select owner from auth_user', [])).toEqual([{ owner: 'local' }])
})

test('attempts with unknown links take no turn of the people who sign in', async () => {
  await using it = await world()
  const token = 'unknown'
  const attempts = Array.from({ length: 25 }, () => [
    it.accounts.claim({ token, email: 'eve@todo.example', name: '', password }),
    it.accounts.reset({ token, password }),
  ])
  const settled = await Promise.allSettled(attempts.flat())
  expect(settled.map((each) => each.status === 'rejected' && each.reason.refusal.code)).toEqual(
    settled.map(() => 'forbidden'),
  )
})

test('a wrong password takes as long for an unknown e-mail address as for a known one', {
  timeout: 60_000,
}, async () => {
  await using it = await world()
  const token = (await it.accounts.firstLink())?.token ?? ''
  await it.accounts.claim({ token, email: 'ann@todo.example', name: '', password })
  const times = { ann: [] as number[], eve: [] as number[] }
  for (let at = 0; at < 20; at += 1) {
    for (const name of ['ann', 'eve'] as const) {
      const begunAt = performance.now()
      const attempt = it.accounts.signIn({
        ...{ email: `${name}@todo.example`, password: 'wrong' },
        ...{ address: `192.0.2.${at}`, device: undefined },
      })
      await expect(attempt).rejects.toMatchObject({ refusal: { code: 'unauthenticated' } })
      times[name].push(performance.now() - begunAt)
    }
  }
  const ratio = median(times.eve) / median(times.ann)
  expect(ratio).toBeGreaterThan(0.7)
  expect(ratio).toBeLessThan(1.4)
})

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}

test('no table contains the cookie of a session, the token of a link or a password', async () => {
  await using it = await world()
  const link = (await it.accounts.firstLink())?.token ?? ''
  const dump = async () =>
    JSON.stringify(
      await it.query(
        `select (select json_agg(auth_session) from auth_session) as sessions,
          (select json_agg(invite) from invite) as links,
          (select json_agg(auth_account) from auth_account) as passwords`,
        [],
      ),
    )
  expect(await dump()).not.toContain(link)
  const email = 'ann@todo.example'
  const { token } = await it.accounts.claim({ token: link, email, name: '', password })
  expect(await it.accounts.ownerOf(token)).toBe('local')
  const stored = await dump()
  expect(stored).toMatch(/"token":"[0-9a-f]{64}"/)
  expect(stored).not.toContain(token)
  expect(stored).not.toContain(password)
})

test('a change of the secret signs nobody out, and known devices stay known', async () => {
  await using it = await world()
  const link = (await it.accounts.firstLink())?.token ?? ''
  const email = 'ann@todo.example'
  const { token, device } = await it.accounts.claim({ token: link, email, name: '', password })
  const secret = 'n'.repeat(32)
  const renewed = await openAccounts({
    ...{ ...it.settings, secret },
    previousSecret: it.settings.secret,
  })
  expect(await renewed.ownerOf(token)).toBe('local')
  const attempt = (accounts: typeof renewed, given: object) =>
    accounts.signIn({ email, password, address: '192.0.2.1', device: undefined, ...given })
  for (let at = 0; at < 5; at += 1) {
    await expect(attempt(renewed, { password: 'wrong' })).rejects.toThrow()
  }
  await expect(attempt(renewed, {})).rejects.toMatchObject({ refusal: { code: 'too_many' } })
  expect(await attempt(renewed, { device })).toMatchObject({ account: 'local' })

  const forgotten = await openAccounts({ ...it.settings, secret })
  await expect(attempt(forgotten, { device })).rejects.toMatchObject({
    refusal: { code: 'too_many' },
  })
})

test('a link is good for 72 hours, and then as an unknown one', async () => {
  await using it = await world()
  const pass = (hours: number) =>
    it.query('update invite set expires_at = expires_at - make_interval(hours => $1)', [hours])
  const token = (await it.accounts.firstLink())?.token ?? ''
  const email = 'ann@todo.example'
  const claim = (token: string) => it.accounts.claim({ token, email, name: '', password })
  await pass(71)
  await claim(token)
  const links = [(await createInvite(it.query)).token, (await createInvite(it.query)).token]
  const reset = (await createResetLink(it.query, email)).token
  await pass(72)
  const forbidden = { refusal: { code: 'forbidden' } }
  for (const each of [...links, 'unknown'])
    await expect(claim(each)).rejects.toMatchObject(forbidden)
  const changed = 'another long phrase'
  await expect(it.accounts.reset({ token: reset, password: changed })).rejects.toMatchObject(
    forbidden,
  )
  // Also one that expires while the password is hashed.
  const late = { token: String(links[0]), email: 'bob@todo.example', name: '', passwordHash: '' }
  await expect(claimLink(it.query, late)).rejects.toMatchObject(forbidden)
  const lateReset = resetPassword(it.settings.prisma, { token: reset, passwordHash: '' })
  await expect(lateReset).rejects.toMatchObject(forbidden)
})

test('all that signs in has at least 128 random bits, and is never the same', async () => {
  await using it = await world()
  const [first, other] = [await it.accounts.firstLink(), await it.accounts.firstLink()]
  const links = [first?.token ?? '', other?.token ?? '']
  const email = 'ann@todo.example'
  const claimed = await it.accounts.claim({ token: String(links[0]), email, name: '', password })
  const given = { email, password, address: '192.0.2.1', device: undefined }
  const again = await it.accounts.signIn(given)
  const sessions = [claimed.token, 'token' in again ? again.token : '']
  const key = async () => (await createApiKey(it.query, { email, name: 'script' })).slice(5)
  const keys = [await key(), await key()]
  const codes = await replaceRecoveryCodes(it.query, 'nobody')

  const bitsOf = (text: string, letters: number) => text.length * Math.log2(letters)
  const bits = [
    ...[...links, ...keys].map((each) => bitsOf(each, 64)),
    ...sessions.map((each) => bitsOf(each, 62)),
    ...codes.map((each) => bitsOf(each.replaceAll('-', ''), 32)),
  ]
  expect(Math.min(...bits)).toBeGreaterThanOrEqual(128)
  const all = [...links, ...keys, ...sessions, ...codes]
  expect(new Set(all).size).toBe(all.length)
})

test('a new password that many people have is refused, with the first link and with one for a new password', async () => {
  await using it = await world()
  const token = (await it.accounts.firstLink())?.token ?? ''
  const email = 'ann@todo.example'
  const refused = { refusal: { code: 'invalid_input', paths: ['password'] } }
  const claim = { token, email, name: '', password: 'qwertyqwerty' }
  await expect(it.accounts.claim(claim)).rejects.toMatchObject(refused)
  await it.accounts.claim({ ...claim, password })
  const reset = await createResetLink(it.query, email)
  for (const password of ['qwertyqwerty', email]) {
    const attempt = it.accounts.reset({ token: reset.token, password })
    await expect(attempt).rejects.toMatchObject(refused)
  }
})

test('a session that ends in another process is unknown here after five seconds at the latest', async () => {
  await using it = await world()
  const link = (await it.accounts.firstLink())?.token ?? ''
  const given = { token: link, email: 'ann@todo.example', name: '', password }
  const { token } = await it.accounts.claim(given)
  const other = await openAccounts(it.settings)
  expect(await other.ownerOf(token)).toBe('local')
  await other.signOut(token)
  expect(await other.ownerOf(token)).toBeUndefined()
  // It was never looked up here, so nothing is cached.
  expect(await it.accounts.ownerOf(token)).toBeUndefined()
})

test('an attempt with the password of before, while a link sets a new one, gets no session', async () => {
  await using it = await world()
  const link = (await it.accounts.firstLink())?.token ?? ''
  const given = { email: 'ann@todo.example', password, address: '192.0.2.1', device: undefined }
  await it.accounts.claim({ token: link, email: given.email, name: '', password })
  const reset = async (to: string) => {
    const { token } = await createResetLink(it.query, given.email)
    await it.accounts.reset({ token, password: to })
  }
  it.hook.beforeTakenBack = () => reset('another long one')
  const refused = { refusal: { code: 'unauthenticated' } }
  await expect(it.accounts.signIn(given)).rejects.toMatchObject(refused)
  expect(await it.query('select from auth_session', [])).toEqual([])

  it.hook.beforeTakenBack = async () => {}
  await it.query('insert into second_factor (user_id) select id from auth_user', [])
  await it.query(
    `insert into recovery_code (hash, user_id)
      select encode(sha256('CODE'), 'hex'), id from auth_user`,
    [],
  )
  const half = await it.accounts.signIn({ ...given, password: 'another long one' })
  await reset('a third one of some length')
  const step = 'step' in half ? half.step : undefined
  const second = it.accounts.signInByCode({ ...given, step, code: 'code' })
  await expect(second).rejects.toMatchObject(refused)
  expect(await it.query('select from auth_session', [])).toEqual([])
})

test('no API key survives a new password by link, however late a session of before makes it', async () => {
  await using it = await world()
  const link = (await it.accounts.firstLink())?.token ?? ''
  const email = 'ann@todo.example'
  const { own } = it.accounts
  const given = { email, password, address: '192.0.2.1', device: undefined }
  const mine = async (signed: object) => own.recent('token' in signed ? String(signed.token) : '')
  const first = await mine(await it.accounts.claim({ token: link, email, name: '', password }))
  const reset = async (to: string) => {
    const { token } = await createResetLink(it.query, email)
    return it.accounts.reset({ token, password: to })
  }
  it.hook.beforeKey = async () => void (await reset('another long one'))
  await expect(own.createApiKey(first, { name: 'late' })).rejects.toMatchObject({
    refusal: { code: 'unauthenticated' },
  })

  it.hook.beforeKey = async () => {}
  const second = await mine(await it.accounts.signIn({ ...given, password: 'another long one' }))
  // The reset does not see what is made from now on, and has not ended the session yet.
  const { token } = await createResetLink(it.query, email)
  const blocker = await it.pool.connect()
  await blocker.query('begin')
  await blocker.query('select from invite for update')
  const resetting = it.accounts.reset({ token, password: 'a third one of some length' })
  await it.waiting(1)
  const making = own.createApiKey(second, { name: 'later' }).catch(() => undefined)
  await Promise.race([making, it.waiting(2)])
  await blocker.query('commit')
  blocker.release()
  await Promise.all([resetting, making])
  expect(await it.query('select from api_key', [])).toEqual([])
})

test('a device is known by its cookie as it was given, so an attempt cannot be made to count apart', async () => {
  await using it = await world()
  const link = (await it.accounts.firstLink())?.token ?? ''
  const email = 'ann@todo.example'
  const { device } = await it.accounts.claim({ token: link, email, name: '', password })
  const codes: unknown[] = []
  for (let at = 0; at < 6; at += 1) {
    await it.accounts
      .signIn({ email, password: 'wrong', address: '192.0.2.1', device: `${device}.${at}` })
      .catch(({ refusal }) => codes.push(refusal.code))
  }
  expect(codes).toEqual([...Array(5).fill('unauthenticated'), 'too_many'])
})

test('an attempt that finds no turn is not counted, so a flood of others uses up nobody’s attempts', async () => {
  await using it = await world()
  const attempts = Array.from({ length: 60 }, (_, at) =>
    it.accounts.signIn({
      ...{ email: `${at}@todo.example`, password: 'wrong' },
      ...{ address: `192.0.2.${at}`, device: undefined },
    }),
  )
  const settled = await Promise.allSettled(attempts)
  const codes = settled.map((each) => each.status === 'rejected' && each.reason.refusal.code)
  const looked = codes.filter((code) => code === 'unauthenticated').length
  expect(looked).toBeLessThan(60)
  expect(codes.filter((code) => code === 'too_many')).toHaveLength(60 - looked)
  // Each attempt is counted for its pair, its account and its address.
  const counted = await it.query('select 1 from sign_in_attempt where attempts > 0', [])
  expect(counted).toHaveLength(3 * looked)
})
