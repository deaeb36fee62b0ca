import { type AddressInfo, connect, type Socket } from 'node:net'

/** For tests that stand between a client and its database: a connection to the address behind them. */
export function connectTo(target: string): Socket {
  const { hostname, port, searchParams } = new URL(target)
  const socketFolder = searchParams.get('host')
  if (socketFolder?.startsWith('/')) return connect(`${socketFolder}/.s.PGSQL.${port || 5432}`)
  return connect(Number(port || 5432), hostname)
}

/** The same database by way of whoever listens there. */
export function addressOf(target: string, { address, port }: AddressInfo): string {
  const url = new URL(target)
  url.searchParams.delete('host')
  url.hostname = address
  url.port = String(port)
  return url.href
}
