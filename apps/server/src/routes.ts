import type { IncomingMessage, ServerResponse } from 'node:http'
import { writeProblem } from '@idem/api/problem'

export type Routes = {
  /** Of every answer but tRPC's. */
  readonly headers: Readonly<Record<string, string>>
  readonly guard: (request: IncomingMessage) => void
  readonly trpc: (
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    query: URLSearchParams,
  ) => Promise<void>
  readonly rest: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** The page: Next answers what nobody else does. */
  readonly page: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  /** Whether this instance can write. */
  readonly ready: () => Promise<boolean>
}

const trpcMount = '/api/trpc/'
const restPaths = /^\/(todos|outcomes|openapi\.json|docs)(\/|$)/

/** Which path goes where. */
export function createRoutes(routes: Routes) {
  return async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '/', search] = (request.url ?? '/').split(/\?(.*)/s, 2)
    // The tRPC face refuses in its own words and has headers of its own, so it asks the guard itself.
    if (path.startsWith(trpcMount)) {
      const query = new URLSearchParams(search)
      return routes.trpc(request, response, path.slice(trpcMount.length), query)
    }
    for (const [name, value] of Object.entries(routes.headers)) response.setHeader(name, value)
    try {
      routes.guard(request)
    } catch (error) {
      return writeProblem(response, error)
    }
    if (restPaths.test(path)) return routes.rest(request, response)
    switch (path) {
      case '/healthz':
        return json(response, 200, { healthy: true })
      case '/readyz': {
        const ready = await routes.ready()
        return json(response, ready ? 200 : 503, { ready })
      }
      default:
        return routes.page(request, response)
    }
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  })
  response.end(text)
}
