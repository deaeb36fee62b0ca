import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(argon2)

/** In KiB and passes. OWASP's first choice for argon2id, with two passes instead of one: a core for 70 ms. */
const current = { memory: 47_104, passes: 2, parallelism: 1 }

/** A salted hash with its parameters, in the usual text form (PHC): a later release may raise them. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const { memory, passes, parallelism } = current
  const hash = await hashOf(password, { salt, ...current })
  const parts = ['', 'argon2id', 'v=19', `m=${memory},t=${passes},p=${parallelism}`]
  return [...parts, unpadded(salt), unpadded(hash)].join('$')
}

export type PasswordAttempt = { readonly hash: string; readonly password: string }

export async function verifyPassword({ hash: stored, password }: PasswordAttempt) {
  const [, memory, passes, parallelism, salt = '', hash = ''] = form.exec(stored) ?? []
  const expected = Buffer.from(hash, 'base64')
  if (expected.length !== hashBytes) return false
  const given = await hashOf(password, {
    ...{ memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, 'base64'),
  })
  return timingSafeEqual(given, expected)
}

const hashBytes = 32
const form = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([\w+/]+)\$([\w+/]+)$/

type Parameters = typeof current & { readonly salt: Buffer }

/** The password as it was sent: no other case, no other form of its characters, nothing cut off. */
function hashOf(password: string, { salt: nonce, ...parameters }: Parameters) {
  return derive('argon2id', { message: password, nonce, tagLength: hashBytes, ...parameters })
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}
