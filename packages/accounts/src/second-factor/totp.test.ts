import { expect, test } from 'vitest'
import { newTotpSecret, totpCode, totpStep } from './totp.ts'

// RFC 6238, appendix B: "12345678901234567890" in base 32, and the last six digits of its codes.
const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

test('the codes are those of RFC 6238', () => {
  const seconds = [59, 1111111109, 1111111111, 1234567890, 2000000000, 20000000000]
  expect(seconds.map((each) => totpCode(secret, Math.floor(each / 30)))).toEqual([
    ...['287082', '081804', '050471', '005924', '279037', '353130'],
  ])
})

test('a code of a clock that is off by 40 seconds is accepted at every second, and one of a minute and a half is not', () => {
  for (let second = 0; second < 60; second += 1) {
    const now = new Date((1_800_000_000 + second) * 1000)
    const accepts = (offBy: number) => {
      const code = totpCode(secret, Math.floor((now.getTime() / 1000 + offBy) / 30))
      return totpStep({ secret, code, now, after: 0 }) !== undefined
    }
    expect([-90, -40, 0, 40, 90].map(accepts), String(second)).toEqual([
      ...[false, true, true, true, false],
    ])
  }
})

test('a code of a step that was used, or of one before it, is refused', () => {
  const now = new Date(1_800_000_000_000)
  const step = now.getTime() / 30_000
  const attempt = (of: number, after: number) =>
    totpStep({ secret, code: totpCode(secret, of), now, after })
  expect(attempt(step, step - 1)).toBe(step)
  expect(attempt(step, step)).toBeUndefined()
  expect(attempt(step - 1, step)).toBeUndefined()
})

test('a new secret has 160 bits, and no two are the same', () => {
  const secrets = [newTotpSecret(), newTotpSecret()]
  for (const each of secrets) expect(each).toMatch(/^[A-Z2-7]{32}$/)
  expect(secrets[0]).not.toBe(secrets[1])
})
