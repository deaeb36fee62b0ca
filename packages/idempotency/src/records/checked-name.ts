import { IdempotencyError } from '../idempotency-error.ts'
import type { KeyName } from '../intent.ts'

/** So a key fits unescaped into an HTTP header, and the database takes it. */
const keyForm = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]{1,255}$/

/**
 * The same name, found good before anything is sent: a key or an owner that the
 * database would reject fails the batch of everybody else.
 *
 * @throws IdempotencyError `key_missing` or `key_malformed`
 * @throws TypeError for an owner that is none; without one, keys of strangers would meet
 */
export function checkedName<Name extends KeyName>(name: Name): Name {
  const { owner, key }: Partial<KeyName> = name
  if (key === undefined || key === '') throw new IdempotencyError('key_missing')
  if (typeof key !== 'string' || !keyForm.test(key)) throw new IdempotencyError('key_malformed')
  if (typeof owner !== 'string' || !isStorable(owner)) {
    throw new TypeError(
      'The owner of a key must be a string of well-formed Unicode that is not empty and has no NUL.',
    )
  }
  return name
}

function isStorable(owner: string): boolean {
  return owner !== '' && !owner.includes('\0') && owner.isWellFormed()
}
