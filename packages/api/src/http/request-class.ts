import type { IncomingMessage } from 'node:http'

/** What a request costs: how many calls of which class. */
export type RequestCost = {
  readonly kind: RequestClass
  readonly calls: number
}

/** `search` reads as well, but may look at every todo of its owner. */
export type RequestClass = 'write' | 'read' | 'search'

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
  const names = isTrpc ? path.slice(trpcMount.length).split(/,|%2c/i) : []
  if (names.length === 1 && names[0] === 'policy') return undefined
  return { kind: classOf(method, query), calls: Math.max(1, names.length) }
}

function classOf(method: string | undefined, query: string): RequestClass {
  if (method !== 'GET' && method !== 'HEAD') return 'write'
  return query.includes('search') ? 'search' : 'read'
}
