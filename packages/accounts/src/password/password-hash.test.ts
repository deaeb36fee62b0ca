import { expect, test } from 'vitest'
import { hashPassword, verifyPassword } from './password-hash.ts'

test('a hash is salted, names its parameters, and verifies exactly the password that was set', async () => {
  const password = 'Señor correct horse battery'
  const [hash, other] = await Promise.all([hashPassword(password), hashPassword(password)])
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=47104,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/)
  expect(other).not.toBe(hash)
  expect(await verifyPassword({ hash, password })).toBe(true)
  for (const wrong of [password.toLowerCase(), `${password} `, password.slice(0, -1)]) {
    expect(await verifyPassword({ hash, password: wrong })).toBe(false)
  }
  const long = 'x'.repeat(256)
  const ofLong = await hashPassword(long)
  expect(await verifyPassword({ hash: ofLong, password: long.slice(1) })).toBe(false)
})

test('a hash of other parameters verifies, and a text that is no hash verifies nothing', async () => {
  // Made by the argon2 command of the reference implementation.
  const hash =
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'
  expect(await verifyPassword({ hash, password: 'password' })).toBe(true)
  expect(await verifyPassword({ hash: 'hash', password: 'hash' })).toBe(false)
})
