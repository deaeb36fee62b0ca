import { expect, test } from 'vitest'
import { createSeal } from './seal.ts'

const [first, second] = ['a'.repeat(32), 'b'.repeat(32)]

test('a sealed text opens for its purpose alone, unchanged alone, and with the secret before the last change', () => {
  const { seal, open } = createSeal({ secret: first })
  const sealed = seal('totp ann', 'SECRET')
  expect(sealed).not.toBe(seal('totp ann', 'SECRET'))
  expect(open('totp ann', sealed)).toBe('SECRET')
  const changed = Buffer.from(sealed, 'base64url')
  changed[changed.length - 1] = Number(changed.at(-1)) ^ 1
  const others = [open('totp bob', sealed), open('totp ann', changed.toString('base64url'))]
  const short = [open('totp ann', ''), open('totp ann', sealed.slice(0, 30))]
  // Decoders skip these characters, and the text that was used once would count as another one.
  const padded = ['=', '.', ' ', '\n'].map((more) => open('totp ann', sealed + more))
  const otherSecret = createSeal({ secret: second }).open('totp ann', sealed)
  expect([...others, ...short, ...padded, otherSecret]).toEqual(Array(9).fill(undefined))
  const later = createSeal({ secret: second, previousSecret: first })
  expect(later.open('totp ann', sealed)).toBe('SECRET')
  expect(later.openByPrevious('totp ann', sealed)).toBe('SECRET')
  expect(later.openByPrevious('totp ann', later.seal('totp ann', 'SECRET'))).toBeUndefined()
})
