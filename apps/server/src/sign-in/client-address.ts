import type { IncomingMessage } from 'node:http'
import { BlockList, isIP, isIPv6 } from 'node:net'

/**
 * The address of the client: of the connection, or, when that is a trusted proxy, the last forwarded one
 * that is not. Those before it are whatever the client sent.
 *
 * @param trustedProxies addresses, or ranges such as `10.0.0.0/8`
 */
export function createClientAddress(trustedProxies: readonly string[]) {
  const trusted = new BlockList()
  for (const each of trustedProxies) {
    const [address = '', bits] = each.split('/')
    const family = familyOf(address)
    if (bits === undefined) trusted.addAddress(address, family)
    else trusted.addSubnet(address, Number(bits), family)
  }
  return function clientAddress({ headers, socket }: IncomingMessage): string {
    const forwarded = String(headers['x-forwarded-for'] ?? '').split(',')
    const addresses = [...forwarded, socket.remoteAddress ?? ''].map((each) => plain(each.trim()))
    let address = ''
    for (const each of addresses.reverse()) {
      if (isIP(each) === 0) break
      address = each
      if (!trusted.check(each, familyOf(each))) break
    }
    return address
  }
}

function familyOf(address: string) {
  return isIPv6(address) ? 'ipv6' : 'ipv4'
}

/** A socket that listens on both families shows IPv4 addresses as IPv6, here and at a proxy. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/, '')
}
