import type { IncomingMessage } from 'node:http'
import { RefusalError } from '@idem/contract/refusal'
import { loopbackNames } from './environment.ts'

/**
 * Refuses what no page of ours sends. A page of another site can reach a server
 * on loopback by giving its own name our address (rebinding), so the name in
 * `Host` must be one of ours; and it can post without asking, so must `Origin`.
 */
export function createHttpGuard(allowedHosts: readonly string[]) {
  const ours = new Set([...loopbackNames, ...allowedHosts])

  return function guard({ headers, rawHeaders, method }: IncomingMessage): void {
    if (namesSeveralHosts(rawHeaders)) throw new RefusalError('forbidden')
    if (!ours.has(hostName(headers.host ?? ''))) throw new RefusalError('forbidden')
    if (method === 'GET' || method === 'HEAD') return
    const { origin, 'sec-fetch-site': site } = headers
    if (origin !== undefined && !ours.has(hostOfOrigin(origin))) throw new RefusalError('forbidden')
    if (site === 'cross-site') throw new RefusalError('forbidden')
  }
}

// Node takes the first and drops the others; a proxy in front may have judged another one.
function namesSeveralHosts(rawHeaders: readonly string[]): boolean {
  const isHost = (name: string, at: number) =>
    at % 2 === 0 && name.length === 4 && name.toLowerCase() === 'host'
  return rawHeaders.findIndex(isHost) !== rawHeaders.findLastIndex(isHost)
}

function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '')
}

// `null`, the origin of a sandboxed page, is no URL and so nobody's name.
function hostOfOrigin(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).hostname : ''
}
