import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { createClientAddress } from './client-address.ts'

const clientAddress = createClientAddress(['10.0.0.1', '10.0.0.2', '172.16.0.0/12', 'fd00::/8'])

test.for([
  ['192.0.2.7', undefined, '192.0.2.7'],
  ['192.0.2.7', '198.51.100.1', '192.0.2.7'],
  ['10.0.0.1', '203.0.113.9, 198.51.100.1', '198.51.100.1'],
  ['::ffff:10.0.0.1', '198.51.100.1, 10.0.0.2', '198.51.100.1'],
  ['10.0.0.1', '::ffff:198.51.100.1, ::ffff:10.0.0.2', '198.51.100.1'],
  ['10.0.0.1', 'unknown', '10.0.0.1'],
  ['172.31.255.1', '198.51.100.1', '198.51.100.1'],
  ['172.32.0.1', '198.51.100.1', '172.32.0.1'],
  ['::ffff:172.16.0.1', '2001:db8::1, fd12::7', '2001:db8::1'],
  ['fe00::1', '198.51.100.1', 'fe00::1'],
] as const)(
  'a connection of %s that forwards %s is of %s',
  ([remoteAddress, forwarded, client]) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
    expect(
      clientAddress({ headers, socket: { remoteAddress } } as unknown as IncomingMessage),
    ).toBe(client)
  },
)
