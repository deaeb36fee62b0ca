import { randomUUID } from 'node:crypto'
import { IdempotencyError } from './idempotency-error.ts'

/** One decision to do something, as an attempt sends it. */
export type Intent = Pick<KeyName, 'owner'> & {
  /** Without one the attempt is an intent of its own: a key is minted for it, and a repeated call has a second effect. */
  readonly key?: string | undefined
  /** The operation's name. It is compared together with the input, so one key cannot name two intents. */
  readonly operation: string
  /** The input as it arrived, without the key. Not parsed: a new default in the schema would make an old retry a mismatch. */
  readonly input?: unknown
}

/** A key belongs to an owner: two owners may use the same key independently. */
export type KeyName = {
  readonly owner: string
  readonly key: string
}

/** So a key fits unescaped into an HTTP header, and the database accepts it. */
export const keyForm = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,255}$/

/**
 * Returns the name after a check that happens before anything is sent: a key or
 * an owner that the database would reject would fail a whole batch.
 *
 * @throws IdempotencyError `key_missing` or `key_malformed`
 * @throws TypeError for an invalid owner; without one, the keys of different users would collide
 */
export function checkedName({ owner, key }: Readonly<Record<keyof KeyName, unknown>>): KeyName {
  if (key === undefined || key === '') throw new IdempotencyError('key_missing')
  if (typeof key !== 'string' || !keyForm.test(key)) throw new IdempotencyError('key_malformed')
  if (typeof owner !== 'string' || !isStorable(owner)) {
    // Only its type: an owner that is a whole session would be in every log.
    const found = typeof owner === 'string' ? 'another string' : `of the type ${typeof owner}`
    throw new TypeError(
      `The owner of a key must be the id of a user, a well-formed string that is not empty and has no NUL, but is ${found}.`,
    )
  }
  return { owner, key }
}

function isStorable(owner: string): boolean {
  return owner !== '' && !owner.includes('\0') && owner.isWellFormed()
}

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i

/** When a time-ordered key, a UUIDv7, was minted (RFC 9562 §5.7); null for an opaque key, which has no time. */
export function mintedAt(key: string): Date | null {
  const ms = mintedMs(key)
  return ms === null ? null : new Date(ms)
}

/** Milliseconds since 1970, for a parameter: every driver sends a number unchanged, but a date in its own format. */
export function mintedMs(key: string): number | null {
  if (!uuidV7.test(key)) return null
  return Number.parseInt(key.slice(0, 8) + key.slice(9, 13), 16)
}

/** A key for an attempt without one. By the clock of the database a UUIDv7; by a wrong clock that would be refused. */
export function mintKey(clock: (() => Date) | undefined): string {
  const random = randomUUID()
  if (clock === undefined) return random
  const ms = clock().getTime().toString(16).padStart(12, '0')
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7${random.slice(15)}`
}
