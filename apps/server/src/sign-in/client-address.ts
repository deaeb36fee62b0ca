import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/**
 * The address of the client: of the connection, or, when that is a trusted proxy, the last forwarded one
 * that is not. Those before it are whatever the client sent.
 */
export function createClientAddress(trustedProxies: readonly string[]) {
  const trusted = new Set(trustedProxies)
  return function clientAddress({ headers, socket }: IncomingMessage): string {
    const forwarded = String(headers['x-forwarded-for'] ?? '').split(',')
    const addresses = [...forwarded, socket.remoteAddress ?? ''].map((each) => plain(each.trim()))
    let address = ''
    for (const each of addresses.reverse()) {
      if (isIP(each) === 0) break
      address = each
      if (!trusted.has(each)) break
    }
    return address
  }
}

/** A socket that listens on both families shows IPv4 addresses as IPv6, here and at a proxy. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '')
}
