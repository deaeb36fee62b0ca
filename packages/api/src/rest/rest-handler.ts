import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server'
import { RefusalError } from '@idem/contract/refusal'
import { Hono, type MiddlewareHandler } from 'hono'
import { type AnswerSettings, answerCall } from './answer-call.ts'
import { endpoints } from './endpoints.ts'
import { pages } from './pages.ts'
import { refusalResponse } from './refusal-response.ts'
import { toldRefusal } from './told-refusal.ts'

type Env = { Bindings: HttpBindings }

/**
 * `/todos`, `/outcomes`, `/openapi.json` and `/docs`, for everyone who is not a
 * tRPC client. Hono finds the endpoint; what was sent is read from Node's own
 * request: the body by the one reader that counts while it reads, the target
 * as it came and not as a URL parser would tidy it.
 */
export function createRestHandler(settings: AnswerSettings) {
  const app = new Hono<Env>({ getPath: (_, options) => pathOf(options?.env?.incoming) })
  const allowed = new Map<string, string[]>()
  app.use(finish, refuseBrokenEscapes)

  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/\{(\w+)\}/, ':$1')
    const methods = endpoint.method === 'get' ? reading : [endpoint.method.toUpperCase()]
    allowed.set(path, [...(allowed.get(path) ?? []), ...methods])
    app.on(endpoint.method.toUpperCase(), path, ({ env, req }) =>
      answerCall(settings, endpoint, { request: env.incoming, params: req.param() }),
    )
  }
  for (const [path, { type, read }] of Object.entries(pages)) {
    allowed.set(path, reading)
    app.get(path, async () => new Response(await read(), { headers: { 'content-type': type } }))
  }
  for (const [path, methods] of allowed) {
    const headers = { allow: methods.join(', ') }
    app.all(path, () => refusalResponse(new RefusalError('method_not_allowed'), headers))
  }
  app.notFound(() => refusalResponse(new RefusalError('no_such_route')))
  const refuse = (error: unknown) => refusalResponse(toldRefusal(error, settings.onUnexpected))
  app.onError(refuse)

  const listener = getRequestListener(app.fetch, {
    // They are the whole process's, Next's as well.
    overrideGlobalObjects: false,
    // A target of which no URL can be made never reaches Hono.
    errorHandler: (error) => refuse(error instanceof RequestError ? invalidTarget() : error),
  })
  return (request: IncomingMessage, response: ServerResponse): Promise<void> =>
    listener(request, response)
}

const reading = ['GET', 'HEAD']

/** Without query and trailing slash, and still percent-encoded. */
function pathOf(request: IncomingMessage | undefined): string {
  const [path = '/'] = (request?.url ?? '/').split('?', 1)
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

const finish: MiddlewareHandler<Env> = async (context, next) => {
  await next()
  const { headers } = context.res
  headers.set('cache-control', 'no-store')
  // What is left of an unread body would be taken for the next request.
  if (!context.env.incoming.complete) headers.set('connection', 'close')
}

/** Nobody can know what was meant; taken as it is, it would name something else. */
const refuseBrokenEscapes: MiddlewareHandler<Env> = async ({ env }, next) => {
  try {
    decodeURIComponent(env.incoming.url ?? '')
  } catch {
    return refusalResponse(invalidTarget())
  }
  return next()
}

function invalidTarget(): RefusalError {
  return new RefusalError('invalid_input', { paths: [''] })
}
