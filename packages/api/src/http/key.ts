import { RefusalError } from '@idem/contract/refusal'
import { IdempotencyError } from '@idem/idempotency'
import { keyForm } from '@idem/idempotency/server'
import { z } from 'zod'

/** A key, as the package idempotency accepts it. */
export const Key = z.string().regex(keyForm, {
  error:
    'A key is 1–255 visible ASCII characters without space, comma, quote or backslash, preferably a UUIDv7.',
})

export const KeyInput = z.strictObject({ idempotencyKey: Key })

/**
 * The key of a request, bare or as a quoted string (a structured field of
 * RFC 9651); undefined without the header. Read from the raw headers, because Node joins headers of one
 * name, and two keys would become one malformed key.
 */
export function keyOf(rawHeaders: readonly string[]): string | undefined {
  const [value, ...others] = rawHeaders.filter(
    (_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'idempotency-key',
  )
  if (value === undefined) return undefined
  if (others.length > 0) throw new RefusalError('key_ambiguous')
  // A key contains no quote and no backslash, so nothing needs unescaping.
  const [, quoted] = /^"(.*)"$/.exec(value) ?? []
  const key = quoted ?? value
  if (!keyForm.test(key)) throw new IdempotencyError('key_malformed')
  return key
}
