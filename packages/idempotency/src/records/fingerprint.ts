import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'

/**
 * SHA-256 over `v1`, the operation and the canonical JSON of the input
 * (RFC 8785), so that members in another order are the same input and a
 * changed character is another one. In hexadecimal digits, which are made and sent in
 * a third of the time of a buffer; the statements convert them.
 */
export function fingerprintOf(operation: string, input: unknown): string {
  return hash('sha256', `v1\n${operation}\n${canonicalize(input)}`, 'hex')
}
