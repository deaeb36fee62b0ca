import type { IncomingMessage } from 'node:http'

/** The cost of a request: the number and class of its calls. */
export type RequestCost = {
  readonly kind: RequestClass
  readonly calls: number
}

/** `search` reads as well, but may look at every todo of its owner. */
export type RequestClass = 'write' | 'read' | 'search'

/** The most calls of a tRPC batch. */
export const mostCalls = 10

const trpcMount = '/api/trpc/'
const rest = /^\/(todos|outcomes)(\/|\?|$)/

/**
 * The cost of a request as far as its first line shows it, before its body is
 * read. Undefined for requests that do not use the database: the page, health,
 * metrics and `policy`, by which clients learn the time.
 */
export function requestCost({
  method,
  url = '',
}: Pick<IncomingMessage, 'method' | 'url'>): RequestCost | undefined {
  const isTrpc = url.startsWith(trpcMount)
  if (!isTrpc && !rest.test(url)) return undefined
  const [path = '', query = ''] = url.split('?', 2)
  if (!isTrpc) return { kind: classOf(method, query), calls: 1 }
  const names = path.slice(trpcMount.length)
  if (names === 'policy') return undefined
  return { kind: classOf(method, query), calls: isBatch(query) ? callsIn(names) : 1 }
}

/** More calls than the maximum are refused before the body is read, so they take no more room. */
function callsIn(names: string): number {
  return names.split(/,|%2c/i, mostCalls).length
}

function isBatch(query: string): boolean {
  return query !== '' && new URLSearchParams(query).get('batch') === '1'
}

function classOf(method: string | undefined, query: string): RequestClass {
  if (method !== 'GET' && method !== 'HEAD') return 'write'
  return query.includes('search') ? 'search' : 'read'
}
