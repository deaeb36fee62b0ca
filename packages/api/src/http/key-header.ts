import { IdempotencyKey } from '@idem/contract/idempotency-key'
import { RefusalError } from '@idem/contract/refusal'

/**
 * The key of a request, bare or as a quoted string (a structured field of
 * RFC 9651); undefined without the header. Read from the raw headers: Node
 * joins several of one name, which would make two keys one malformed key.
 */
export function keyOf(rawHeaders: readonly string[]): IdempotencyKey | undefined {
  const [value, ...others] = rawHeaders.filter(
    (_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === 'idempotency-key',
  )
  if (value === undefined) return undefined
  if (others.length > 0) throw new RefusalError('key_ambiguous')
  // No key holds a quote or a backslash, so there is nothing to unescape.
  const [, quoted] = /^"(.*)"$/.exec(value) ?? []
  const key = IdempotencyKey.safeParse(quoted ?? value)
  if (!key.success) throw new RefusalError('key_malformed')
  return key.data
}
