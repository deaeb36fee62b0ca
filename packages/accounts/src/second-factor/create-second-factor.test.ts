import { expect, test } from 'vitest'
import { accountsDatabase } from '../test-accounts-database.ts'
import { createThrottle } from '../throttle.ts'
import { createSecondFactor } from './create-second-factor.ts'
import { resealTotp } from './reseal-totp.ts'
import { createSeal } from './seal.ts'
import { countTotpUse } from './stored-factors.ts'
import { testAuthenticator } from './test-authenticator.ts'
import { totpCode } from './totp.ts'

const origin = 'https://todo.example'
const forbidden = { refusal: { code: 'forbidden' } }
const wrongCode = { refusal: { code: 'invalid_input', paths: ['code'] } }

/** The accounts of these names; times are those of the clock. */
async function world(...names: readonly string[]) {
  const database = await accountsDatabase(...names)
  const { query } = database
  const clock = { now: new Date('2030-01-01T00:00:15Z') }
  const seal = createSeal({ secret: 's'.repeat(32) })
  const countAttempt = createThrottle(query)
  const factor = createSecondFactor({ query, seal, countAttempt, origin, now: () => clock.now })
  const users = await query('select id, email, name from auth_user', [])
  const person = (name: string) => {
    const user = users.find((each) => each.name === name)
    return { userId: String(user?.id), email: String(user?.email), name }
  }

  async function addPasskey(name: string, { isVerified = true, isByTwoFactors = false } = {}) {
    const authenticator = testAuthenticator()
    const { userId } = person(name)
    const { options, step } = await factor.askNewPasskey(person(name))
    const { challenge } = options
    const response = authenticator.create({ challenge, origin, isVerified })
    await factor.addPasskey({ userId, isByTwoFactors }, { step, name: 'Laptop', response })
    return authenticator
  }

  /** The shared secret of an app. */
  async function addTotp(name: string, { isByTwoFactors = false } = {}) {
    const { userId } = person(name)
    const { secret, step } = factor.askNewTotp(person(name))
    await factor.setTotp({ userId, isByTwoFactors }, { step, code: codeOf(secret) })
    return secret
  }

  const codeOf = (secret: string, offBySeconds = 0) =>
    totpCode(secret, Math.floor((clock.now.getTime() / 1000 + offBySeconds) / 30))

  async function prove(name: string, code: string, address = '192.0.2.1') {
    const asked = await factor.ask({ ...person(name), passwordId: '' })
    const deviceOf = () => undefined
    return factor.proveByCode({ step: asked?.step, code, address, deviceOf })
  }

  return {
    ...{ query, clock, factor, person, addPasskey, addTotp, codeOf, prove },
    wait(seconds: number): void {
      clock.now = new Date(clock.now.getTime() + seconds * 1000)
    },
    async askPasskey() {
      const { options, step } = await factor.askPasskey()
      return { challenge: options.challenge, step }
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

test('a passkey says who signs in, and its challenge is used once', async () => {
  await using it = await world('ann', 'bob')
  const ofAnn = await it.addPasskey('ann')
  const ofBob = await it.addPasskey('bob')
  const { userId } = it.person('bob')
  const { challenge, step } = await it.askPasskey()
  const response = ofBob.sign({ challenge, origin, userId })
  expect(await it.factor.proveByPasskey(step, response)).toBe(userId)
  await expect(it.factor.proveByPasskey(step, response)).rejects.toMatchObject(forbidden)

  const other = await it.askPasskey()
  const asBob = ofAnn.sign({ challenge: other.challenge, origin, userId })
  await expect(it.factor.proveByPasskey(other.step, asBob)).rejects.toMatchObject(forbidden)
  const stranger = testAuthenticator().sign({ challenge: other.challenge, origin })
  await expect(it.factor.proveByPasskey(other.step, stranger)).rejects.toMatchObject(forbidden)
})

test('a passkey that was used without a PIN, a finger or a face is refused, at its registration too', async () => {
  await using it = await world('ann')
  await expect(it.addPasskey('ann', { isVerified: false })).rejects.toMatchObject(forbidden)
  const ofAnn = await it.addPasskey('ann')
  const { challenge, step } = await it.askPasskey()
  const unverified = ofAnn.sign({ challenge, origin, isVerified: false })
  await expect(it.factor.proveByPasskey(step, unverified)).rejects.toMatchObject(forbidden)
})

test('an assertion for another origin, with the challenge of another browser, or after ten minutes is refused', async () => {
  await using it = await world('ann')
  const ofAnn = await it.addPasskey('ann')
  const [mine, other] = [await it.askPasskey(), await it.askPasskey()]
  const { challenge } = mine
  const phished = ofAnn.sign({ challenge, origin: 'https://todo.example.evil.example' })
  await expect(it.factor.proveByPasskey(mine.step, phished)).rejects.toMatchObject(forbidden)
  const good = () => ofAnn.sign({ challenge, origin })
  for (const step of [other.step, undefined, 'forged']) {
    await expect(it.factor.proveByPasskey(step, good())).rejects.toMatchObject(forbidden)
  }
  it.wait(10 * 60)
  await expect(it.factor.proveByPasskey(mine.step, good())).rejects.toMatchObject(forbidden)
})

test('a passkey whose counter goes back is refused', async () => {
  await using it = await world('ann')
  const ofAnn = await it.addPasskey('ann')
  const sign = async (counter: number) => {
    ofAnn.setCounter(counter)
    const { challenge, step } = await it.askPasskey()
    return it.factor.proveByPasskey(step, ofAnn.sign({ challenge, origin }))
  }
  await sign(10)
  await expect(sign(5)).rejects.toMatchObject(forbidden)
  await expect(sign(9)).rejects.toMatchObject(forbidden)
  await sign(11)
})

test('a passkey belongs to one account, and only the account that began its registration gets it', async () => {
  await using it = await world('ann', 'bob')
  const authenticator = testAuthenticator()
  const add = async (begins: string, ends: string) => {
    const { options, step } = await it.factor.askNewPasskey(it.person(begins))
    const response = authenticator.create({ challenge: options.challenge, origin })
    const adding = { userId: it.person(ends).userId, isByTwoFactors: true }
    return it.factor.addPasskey(adding, { step, name: 'Laptop', response })
  }
  await expect(add('ann', 'bob')).rejects.toMatchObject(forbidden)
  await it.addTotp('bob')
  await it.addTotp('ann')
  await add('ann', 'ann')
  await expect(add('bob', 'bob')).rejects.toMatchObject(forbidden)
})

test('a code of the app signs in once, also among attempts at the same time, and needs the password before', async () => {
  await using it = await world('ann')
  const secret = await it.addTotp('ann')
  // The code that set it up was used with that.
  await expect(it.prove('ann', it.codeOf(secret))).rejects.toMatchObject(wrongCode)
  it.wait(60)
  const code = it.codeOf(secret)
  const settled = await Promise.allSettled([1, 2, 3, 4].map(() => it.prove('ann', code)))
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  const { userId } = it.person('ann')
  const next = { userId, step: Math.floor(it.clock.now.getTime() / 30_000) + 1 }
  const uses = [1, 2, 3, 4].map(() => countTotpUse(it.query, next))
  expect((await Promise.all(uses)).filter(Boolean)).toEqual([true])
  it.wait(60)
  const given = { code: it.codeOf(secret), address: '192.0.2.2', deviceOf: () => undefined }
  const { step } = await it.factor.askPasskey()
  for (const wrong of [undefined, step]) {
    await expect(it.factor.proveByCode({ step: wrong, ...given })).rejects.toMatchObject(forbidden)
  }
  const asked = await it.factor.ask({ ...it.person('ann'), passwordId: '' })
  await it.factor.proveByCode({ step: asked?.step, ...given })
  it.wait(60)
  const again = { ...given, step: asked?.step, code: it.codeOf(secret) }
  await expect(it.factor.proveByCode(again)).rejects.toMatchObject(forbidden)
})

test('an app whose clock is off by 40 seconds is set up, and signs in', async () => {
  await using it = await world('ann')
  const { userId } = it.person('ann')
  for (const offBy of [-40, 40]) {
    const { secret, step } = it.factor.askNewTotp(it.person('ann'))
    const code = it.codeOf(secret, offBy)
    await it.factor.setTotp({ userId, isByTwoFactors: true }, { step, code })
    it.wait(120)
    expect(await it.prove('ann', it.codeOf(secret, offBy))).toMatchObject({ userId })
  }
})

test('wrong codes are counted, and asked to wait', async () => {
  await using it = await world('ann')
  const secret = await it.addTotp('ann')
  it.wait(60)
  for (let at = 1; at <= 5; at += 1) {
    await expect(it.prove('ann', 'AAAA-BBBB')).rejects.toMatchObject(wrongCode)
  }
  const tooMany = { refusal: { code: 'too_many', retryAfterMs: expect.any(Number) } }
  await expect(it.prove('ann', it.codeOf(secret))).rejects.toMatchObject(tooMany)
  await it.prove('ann', it.codeOf(secret), '192.0.2.2')
})

test('each of ten recovery codes signs in once, however it is written, and a new set ends the one before', async () => {
  await using it = await world('ann')
  await it.addTotp('ann')
  const { userId } = it.person('ann')
  const [first = '', second = '', ...others] = await it.factor.replaceRecoveryCodes(userId)
  expect(others).toHaveLength(8)
  await it.prove('ann', first.toLowerCase().replaceAll('-', ' '))
  await expect(it.prove('ann', first)).rejects.toMatchObject(wrongCode)
  const [later = ''] = await it.factor.replaceRecoveryCodes(userId)
  await expect(it.prove('ann', second)).rejects.toMatchObject(wrongCode)
  await it.prove('ann', later)
  const stored = JSON.stringify(await it.query('select * from recovery_code', []))
  expect(stored).not.toContain(later.replaceAll('-', ''))
  expect(await it.query('select from recovery_code', [])).toHaveLength(9)
})

test('a recovery code that is sent again with a step that was used stays good', async () => {
  await using it = await world('ann')
  await it.addTotp('ann')
  const { userId } = it.person('ann')
  const [first = '', second = ''] = await it.factor.replaceRecoveryCodes(userId)
  const step = (await it.factor.ask({ ...it.person('ann'), passwordId: '' }))?.step
  const given = { step, address: '192.0.2.1', deviceOf: () => undefined }
  await it.factor.proveByCode({ ...given, code: first })
  const again = it.factor.proveByCode({ ...given, code: second })
  await expect(again).rejects.toMatchObject(forbidden)
  await it.prove('ann', second)
})

test('two sessions by the password alone that set up a first factor at once get one, and not two', async () => {
  await using it = await world('ann')
  const both = await Promise.allSettled([it.addTotp('ann'), it.addPasskey('ann')])
  expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  await expect(it.addPasskey('ann')).rejects.toMatchObject(forbidden)
  await expect(it.addTotp('ann')).rejects.toMatchObject(forbidden)
  await it.addPasskey('ann', { isByTwoFactors: true })
})

test('the secret of an app is stored encrypted, and a change of the secret of the installation leaves it readable', async () => {
  await using it = await world('ann')
  const secret = await it.addTotp('ann')
  const stored = async () => (await it.query('select totp from second_factor', []))[0]?.totp
  expect(await stored()).not.toContain(secret)
  const { userId } = it.person('ann')
  const changed = { secret: 'n'.repeat(32) }
  await resealTotp(it.query, createSeal({ ...changed, previousSecret: 's'.repeat(32) }))
  const seal = createSeal(changed)
  expect(seal.open(`totp ${userId}`, String(await stored()))).toBe(secret)
  const before = await stored()
  await resealTotp(it.query, createSeal({ ...changed, previousSecret: 's'.repeat(32) }))
  expect(await stored()).toBe(before)
})
