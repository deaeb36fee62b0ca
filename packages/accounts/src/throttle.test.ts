import { expect, test } from 'vitest'
import { accountsDatabase } from './test-accounts-database.ts'
import { createThrottle } from './throttle.ts'

const email = 'ann@todo.example'
const tooMany = { refusal: { code: 'too_many' } }

test('an address that is refused does not use up the attempts of others for the account', async () => {
  await using it = await accountsDatabase()
  // Each process asks the database itself.
  const attempt = (address: string) =>
    createThrottle(it.query)({ kind: 'password', email, address, device: undefined })
  for (let at = 0; at < 5; at += 1) await attempt('192.0.2.1')
  for (let at = 0; at < 60; at += 1) {
    await expect(attempt('192.0.2.1')).rejects.toMatchObject(tooMany)
  }
  await expect(attempt('192.0.2.2')).resolves.toBeDefined()
})

test('an account is refused to unknown devices after fifty attempts from anywhere', async () => {
  await using it = await accountsDatabase()
  const countAttempt = createThrottle(it.query)
  const attempt = (address: string, device?: string) =>
    countAttempt({ kind: 'password', email, address, device })
  for (let at = 0; at < 50; at += 1) await attempt(`192.0.2.${at % 10}`)
  await expect(attempt('192.0.2.10')).rejects.toMatchObject(tooMany)
  await expect(attempt('192.0.2.10', 'known')).resolves.toBeDefined()
})

test('the addresses of one IPv6 customer count as one', async () => {
  await using it = await accountsDatabase()
  const countAttempt = createThrottle(it.query)
  const attempt = (address: string) =>
    countAttempt({ kind: 'password', email, address, device: undefined })
  const ofOne = ['2001:db8::1', '2001:db8::2', '2001:db8:0:0:1::', '2001:db8::5:6:7:8']
  for (const address of [...ofOne, '2001:db8:0:0:1:2:3:4']) await attempt(address)
  await expect(attempt('2001:db8::9')).rejects.toMatchObject(tooMany)
  await expect(attempt('2001:db8:0:1::9')).resolves.toBeDefined()
})

test('a flood from a refused address asks the database once in five seconds, is held for a second, and told how long to wait', async () => {
  await using it = await accountsDatabase()
  let statements = 0
  let now = 0
  const query: typeof it.query = (...statement) => {
    statements += 1
    return it.query(...statement)
  }
  const held: number[] = []
  const pause = async (ms: number) => void held.push(ms)
  const countAttempt = createThrottle(query, { now: () => now, pause })
  const attempt = (name: string) =>
    countAttempt({
      ...{ kind: 'password', email: `${name}@todo.example` },
      ...{ address: '192.0.2.1', device: undefined },
    })
  for (let at = 0; at < 50; at += 1) await attempt(`${at}`)
  await expect(attempt('refused')).rejects.toMatchObject(tooMany)
  for (const [passed, asked] of [
    [4_999, 51],
    [5_000, 52],
  ] as const) {
    now = passed
    const refusal = await attempt(`after ${passed}`).catch(({ refusal }) => refusal)
    expect(refusal.retryAfterMs).toBeGreaterThan(880_000)
    expect(statements).toBe(asked)
  }
  expect(held).toEqual([1_000])
})

test('after a right password among attempts at the same time the next attempt is not refused', async () => {
  await using it = await accountsDatabase()
  const countAttempt = createThrottle(it.query)
  const attempt = () =>
    countAttempt({ kind: 'password', email, address: '192.0.2.1', device: undefined })
  const takeBack = await Promise.all(Array.from({ length: 5 }, attempt))
  await expect(attempt()).rejects.toMatchObject(tooMany)
  for (const each of takeBack) await each()
  await expect(attempt()).resolves.toBeDefined()
})
