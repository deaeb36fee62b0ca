import type { IncomingMessage } from 'node:http'

/** What a request costs: how many calls of which class. */
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
 * The cost of a request as far as its first line tells, before its body is
 * read. Undefined for what does not ask the database: the page, health, metrics
 * and `policy`, by which clients learn the time.
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

/** More than the most are refused before the body is read, so they take no more room than that. */
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
