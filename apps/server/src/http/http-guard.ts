import type { IncomingMessage } from 'node:http'
import { RefusalError } from '@idem/contract/refusal'
import { isLoopbackName } from '../environment.ts'
import { hostName, isDirect } from './is-direct.ts'

/**
 * Refuses requests that no page of this server sends. A page of another site can reach a server on
 * loopback by resolving its own name to our address (DNS rebinding), so `Host` must be an allowed
 * name. It can also post without a preflight request, so `Origin` must be allowed too.
 */
export function createHttpGuard(allowedHosts: readonly string[], publicOrigin?: string) {
  // Every program on this machine shares the loopback names, each on its own port.
  const trusted = new Set(allowedHosts.filter((name) => !isLoopbackName(name)))
  if (publicOrigin !== undefined) trusted.add(new URL(publicOrigin).hostname)

  /**
   * With sign-in a browser sends cookies, so the port of the page counts too. A browser of this machine may
   * open the server at its own address: entries may wait there from before sign-in.
   */
  function isAllowed(origin: string, request: IncomingMessage): boolean {
    const { host = '' } = request.headers
    if (publicOrigin === undefined) return isOurs(origin, host, trusted)
    return origin === publicOrigin || (origin === `http://${host}` && isDirect(request))
  }

  return function guard(request: IncomingMessage): void {
    const { headers, rawHeaders, method } = request
    const { host = '', origin, 'sec-fetch-site': site } = headers
    if (namesSeveralHosts(rawHeaders)) throw new RefusalError('forbidden')
    const name = hostName(host)
    if (!isLoopbackName(name) && !trusted.has(name)) throw new RefusalError('forbidden')
    if (method === 'GET' || method === 'HEAD') return
    if (origin !== undefined && !isAllowed(origin, request)) throw new RefusalError('forbidden')
    if (site === 'cross-site') throw new RefusalError('forbidden')
    // A browser treats all ports of a name as one site, so only the origin tells them apart.
    if (site === 'same-site' && origin === undefined) throw new RefusalError('forbidden')
  }
}

// Node keeps the first and drops the others; a proxy in front may have checked another one.
function namesSeveralHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts += 1
  }
  return hosts > 1
}

/**
 * Whether the origin is the host and port of the request, or a name that the operator trusts at any
 * port: a proxy in front has its own port and may forward another `Host`.
 */
function isOurs(origin: string, host: string, trusted: ReadonlySet<string>): boolean {
  const page = webUrl(origin)
  if (page === undefined) return false
  // With the page's scheme, so that an explicit default port equals an omitted one.
  return page.host === webUrl(`${page.protocol}//${host}`)?.host || trusted.has(page.hostname)
}

// `null`, the origin of a sandboxed page, is not a URL.
function webUrl(text: string): URL | undefined {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined
}
