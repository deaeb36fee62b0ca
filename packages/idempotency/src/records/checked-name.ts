import { IdempotencyError } from '../idempotency-error.ts'
import type { KeyName } from '../intent.ts'

/** So a key fits unescaped into an HTTP header, and the database accepts it. */
const keyForm = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,255}$/

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
