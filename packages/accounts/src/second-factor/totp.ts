import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** RFC 6238, in the form that every app supports: SHA-1, six digits, 30 seconds. */
const stepSeconds = 30
const digits = 6

/** A clock that is off by 40 s, and the seconds that typing takes. One step either way would be too few at the end of a step. */
const toleranceSeconds = 45

/** 160 bits, the length of the hash, as RFC 4226 recommends. */
export function newTotpSecret(): string {
  return base32(randomBytes(20))
}

/**
 * The step whose code this is, of those that a clock within the tolerance shows; undefined when it is none of
 * them. A code of `after` or an earlier step was used or is older than one that was.
 */
export function totpStep({ secret, code, now, after }: Attempt): number | undefined {
  const seconds = now.getTime() / 1000
  const last = Math.floor((seconds + toleranceSeconds) / stepSeconds)
  let found: number | undefined
  let step = Math.floor((seconds - toleranceSeconds) / stepSeconds)
  // No early end: the time taken says nothing about the code.
  for (; step <= last; step += 1) {
    if (isEqual(totpCode(secret, step), code) && step > after) found ??= step
  }
  return found
}

type Attempt = {
  readonly secret: string
  readonly code: string
  readonly now: Date
  readonly after: number
}

export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', bytesOf(secret)).update(counter).digest()
  const offset = mac.readUInt8(mac.length - 1) & 15
  const number = mac.readUInt32BE(offset) & 0x7fffffff
  return String(number % 10 ** digits).padStart(digits, '0')
}

/** The link that an app reads, also as a QR code. */
export function totpUri(secret: string, { issuer, email }: Label): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(email)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent(issuer)}`
}

type Label = { readonly issuer: string; readonly email: string }

function isEqual(expected: string, given: string): boolean {
  const [a, b] = [Buffer.from(expected), Buffer.from(given)]
  return a.length === b.length && timingSafeEqual(a, b)
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.replace(/.{5}/g, (five) => alphabet.charAt(Number.parseInt(five, 2)))
}

function bytesOf(secret: string): Buffer {
  const bits = [...secret]
    .map((each) => alphabet.indexOf(each).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)))
}
