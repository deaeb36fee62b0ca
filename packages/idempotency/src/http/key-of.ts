/**
 * The key of the header `Idempotency-Key`, bare or as a quoted string (RFC 9651);
 * undefined without the header. Two headers arrive joined by a comma, which no key
 * contains, so they are refused as malformed. A key contains no quote and no backslash
 * either, so nothing needs unescaping.
 */
export function keyOf(header: string | undefined): string | undefined {
  return header?.replace(/^"(.*)"$/, '$1')
}
