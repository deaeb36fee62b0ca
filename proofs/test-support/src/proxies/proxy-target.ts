import { type AddressInfo, connect, type Socket } from 'node:net'

/** A connection from a proxy to the PostgreSQL at this URL. */
export function connectTo(target: string): Socket {
  const { hostname, port, searchParams } = new URL(target)
  const socketDir = searchParams.get('host')
  if (socketDir?.startsWith('/')) return connect(`${socketDir}/.s.PGSQL.${port || 5432}`)
  return connect(Number(port || 5432), hostname)
}

/** The URL of the same database through the proxy that listens at this address. */
export function proxiedUrl(target: string, { address, port }: AddressInfo): string {
  const url = new URL(target)
  url.searchParams.delete('host')
  url.hostname = address
  url.port = String(port)
  return url.href
}
