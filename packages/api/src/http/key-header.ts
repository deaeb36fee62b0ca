import { IdempotencyKey } from '@idem/contract/idempotency-key'
import { RefusalError } from '@idem/contract/refusal'

/**
 * The key of a request, bare or as a quoted string (a structured field of
 * RFC 9651); undefined without the header. Read from the raw headers, because Node joins headers of one
 * name, and two keys would become one malformed key.
 */
export function keyOf(rawHeaders: readonly string[]): IdempotencyKey | undefined {
  const [value, ...others] = rawHeaders.filter(
    (_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'idempotency-key',
  )
  if (value === undefined) return undefined
  if (others.length > 0) throw new RefusalError('key_ambiguous')
  // A key contains no quote and no backslash, so nothing needs unescaping.
  const [, quoted] = /^"(.*)"$/.exec(value) ?? []
  const key = IdempotencyKey.safeParse(quoted ?? value)
  if (!key.success) throw new RefusalError('key_malformed')
  return key.data
}
