import type { IncomingMessage, ServerResponse } from 'node:http'
import { writeProblem } from '@idem/api/problem'
import { RefusalError } from '@idem/contract/refusal'
import type { Release } from '../release.ts'

export type Routes = {
  /** The prefix of all paths, such as `/todos`; empty at the root. */
  readonly basePath: string
  /** The headers of every response except those of tRPC. */
  readonly headers: Readonly<Record<string, string>>
  readonly guard: (request: IncomingMessage) => void
  readonly trpc: (
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
  ) => Promise<void>
  readonly rest: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Signing in, with the rest of the path after its mount point. Undefined without sign-in. */
  readonly auth?:
    | ((request: IncomingMessage, response: ServerResponse, name: string) => Promise<void>)
    | undefined
  /** The page answers all other paths. */
  readonly page: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** The service worker of the page, as JavaScript. */
  readonly worker: string
  readonly release: Release
  /** Whether this instance can write. */
  readonly ready: () => Promise<boolean>
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>
  /** The refusal for a request that may not read the metrics; undefined when it may. */
  readonly metricsRefusal: (request: IncomingMessage) => 'unauthenticated' | 'forbidden' | undefined
}

const trpcMount = '/api/trpc/'
const authMount = '/api/auth/'
const restPaths = /^\/(todos|outcomes|openapi\.json|docs)(\/|$)/

/** Only read. Most calls have no query. */
const noQuery = new URLSearchParams()

/** Routes each request by its path. */
export function createRoutes(routes: Routes): Route {
  const route = createRootRoutes(routes)
  return routes.basePath === '' ? route : below(routes, route)
}

type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** For a check or a scrape on this machine, which knows nothing of the prefix. */
const operatorPaths = /^\/(healthz|readyz|metrics)\/?(\?|$)/

/**
 * Everything is below the prefix, which the proxy in front leaves in the path. A path outside may belong to
 * another service of the host.
 */
function below({ basePath, headers, guard }: Routes, route: Route): Route {
  return async function routeBelow(request, response) {
    const { url = '/' } = request
    if (url.startsWith(`${basePath}/`)) request.url = url.slice(basePath.length)
    else if (!operatorPaths.test(url)) return outside(request, response)
    return route(request, response)
  }

  async function outside(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    if (!request.complete) response.setHeader('connection', 'close')
    try {
      guard(request)
    } catch (error) {
      return writeProblem(response, error)
    }
    const { url = '', method = '' } = request
    const isHome = url.split('?', 1)[0] === basePath && reading.includes(method)
    if (isHome) response.setHeader('location', `${basePath}/${url.slice(basePath.length)}`)
    send(response, isHome ? 308 : 404, {
      type: 'text/plain; charset=utf-8',
      text: `This server answers below ${basePath}/; a proxy in front passes the path on as it is.\n`,
    })
  }
}

function createRootRoutes(routes: Routes): Route {
  return async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '/' } = request
    const end = url.indexOf('?')
    const path = end === -1 ? url : url.slice(0, end)
    // The tRPC API has its own error format and headers, so it calls the guard itself.
    if (path.startsWith(trpcMount)) {
      const query = end === -1 ? noQuery : new URLSearchParams(url.slice(end))
      return routes.trpc(request, response, path.slice(trpcMount.length), query)
    }
    for (const [name, value] of Object.entries(routes.headers)) response.setHeader(name, value)
    const rest = restPaths.test(path)
    const auth = path.startsWith(authMount) ? routes.auth : undefined
    try {
      routes.guard(request)
      if (!rest && auth === undefined) refuseUnreadable(path, request, response)
    } catch (error) {
      // The body stays unread; an open connection would transmit all of it for nothing.
      if (!request.complete) response.setHeader('connection', 'close')
      return writeProblem(response, error)
    }
    if (rest) return routes.rest(request, response)
    if (auth !== undefined) return auth(request, response, path.slice(authMount.length))
    switch (path.replace(/(?<=.)\/$/, '')) {
      case '/service-worker.js':
        return sendWorker(response, routes.worker)
      case '/healthz':
        return json(response, 200, { healthy: true, ...routes.release })
      case '/readyz': {
        const ready = await routes.ready()
        return json(response, ready ? 200 : 503, { ready })
      }
      case '/metrics':
        return answerMetrics(routes, request, response)
      default:
        return routes.page(request, response)
    }
  }
}

async function answerMetrics(
  { metrics, metricsRefusal }: Routes,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const refusal = metricsRefusal(request)
  if (refusal === undefined) return send(response, 200, await metrics())
  writeProblem(response, new RefusalError(refusal))
}

/**
 * All other paths accept only GET and HEAD on a well-formed path: a path with an empty segment could be
 * taken for an address of another host.
 */
function refuseUnreadable(
  path: string,
  { method = '' }: IncomingMessage,
  response: ServerResponse,
): void {
  // The target of a proxy request (`http://…`) or of the whole server (`*`) is not supported.
  if (!path.startsWith('/')) throw new RefusalError('invalid_input', { paths: [''] })
  if (/\/\/|\\/.test(path)) throw new RefusalError('no_such_route')
  // In development Next's own overlay posts.
  if (process.env.NODE_ENV === 'development' && path.startsWith('/__nextjs')) return
  if (reading.includes(method)) return
  response.setHeader('allow', reading.join(', '))
  throw new RefusalError('method_not_allowed')
}

const reading = ['GET', 'HEAD']

/** A cached worker would hide the next release of the page. */
function sendWorker(response: ServerResponse, text: string): void {
  send(response, 200, { type: 'text/javascript; charset=utf-8', text, cache: 'no-cache' })
}

function json(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, { type: 'application/json', text: JSON.stringify(body) })
}

type Body = { readonly type: string; readonly text: string; readonly cache?: string }

function send(
  response: ServerResponse,
  status: number,
  { type, text, cache = 'no-store' }: Body,
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(text),
    'cache-control': cache,
  })
  response.end(text)
}
