import type { IncomingMessage } from 'node:http'
import { RefusalError } from '@idem/contract/refusal'
import { isLoopbackName } from '../environment.ts'

/**
 * Refuses requests that no page of this server sends. A page of another site can reach a server
 * on loopback by giving its own name our address (rebinding), so the name in `Host` must be one of
 * ours; and it can post without asking, so must `Origin`.
 */
export function createHttpGuard(allowedHosts: readonly string[]) {
  // A loopback name is shared with every other program on this machine, each on its own port.
  const trusted = new Set(allowedHosts.filter((name) => !isLoopbackName(name)))

  return function guard({ headers, rawHeaders, method }: IncomingMessage): void {
    const { host = '', origin, 'sec-fetch-site': site } = headers
    if (namesSeveralHosts(rawHeaders)) throw new RefusalError('forbidden')
    const name = hostName(host)
    if (!isLoopbackName(name) && !trusted.has(name)) throw new RefusalError('forbidden')
    if (method === 'GET' || method === 'HEAD') return
    if (origin !== undefined && !isOurs(origin, host, trusted)) throw new RefusalError('forbidden')
    if (site === 'cross-site') throw new RefusalError('forbidden')
    // To a browser every port of one name is the same site, so the origin has to say which it was.
    if (site === 'same-site' && origin === undefined) throw new RefusalError('forbidden')
  }
}

// Node takes the first and drops the others; a proxy in front may have judged another one.
function namesSeveralHosts(rawHeaders: readonly string[]): boolean {
  const isHost = (name: string, at: number) =>
    at % 2 === 0 && name.length === 4 && name.toLowerCase() === 'host'
  return rawHeaders.findIndex(isHost) !== rawHeaders.findLastIndex(isHost)
}

/** Of a `Host`, without its port. */
export function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '')
}

/**
 * The name and port that the request was sent to, or a name that the operator trusts at any port:
 * a proxy in front has a port of its own, and may name us by another.
 */
function isOurs(origin: string, host: string, trusted: ReadonlySet<string>): boolean {
  const page = webUrl(origin)
  if (page === undefined) return false
  // By the page's scheme, so that a default port is the same whether it is written or not.
  return page.host === webUrl(`${page.protocol}//${host}`)?.host || trusted.has(page.hostname)
}

// `null`, the origin of a sandboxed page, is no URL and so nobody's name.
function webUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined
}
