import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server'
import { RefusalError } from '@idem/contract/refusal'
import { Hono, type MiddlewareHandler } from 'hono'
import { type Admit, admitted } from '../http/admission.ts'
import type { Context, ContextOf } from '../http/call.ts'
import { invalidInput } from '../http/parse-input.ts'
import { closeIfUnread } from '../http/read-body.ts'
import { type AnswerSettings, answerCall } from './answer-call.ts'
import { endpoints } from './endpoints.ts'
import { createPages, type Page } from './pages.ts'
import { refusalResponse, writeProblem } from './problem.ts'

type Env = { Bindings: HttpBindings & { readonly context: Context } }

export type RestHandlerSettings = AnswerSettings & {
  readonly contextOf: ContextOf
  /** Without it, every request is admitted. */
  readonly admit?: Admit | undefined
}

/**
 * `/todos`, `/outcomes`, `/openapi.json` and `/docs`, for clients without tRPC. Hono finds the endpoint;
 * the request is read from Node's own object: the body with the size limit, and the target as received,
 * not as a URL parser would normalise it.
 */
export function createRestHandler({ contextOf, admit, ...settings }: RestHandlerSettings) {
  const app = new Hono<Env>({ getPath: (_, options) => pathOf(options?.env?.incoming) })
  const allowed = new Map<string, string[]>()
  const refuse = (error: unknown) => refusalResponse(error, settings)
  app.use(finish, async ({ env }, next) =>
    isDecodable(env.incoming) ? next() : refuse(invalidInput([''])),
  )

  for (const endpoint of endpoints) {
    const path = endpoint.path.replace(/\{(\w+)\}/, ':$1')
    const methods = endpoint.method === 'get' ? reading : [endpoint.method.toUpperCase()]
    allowed.set(path, [...(allowed.get(path) ?? []), ...methods])
    app.on(endpoint.method.toUpperCase(), path, ({ env, req }) =>
      answerCall(settings, endpoint, {
        request: env.incoming,
        context: env.context,
        params: req.param(),
      }),
    )
  }
  const pages = createPages(settings.basePath)
  for (const path of pages.keys()) allowed.set(path, reading)
  for (const [path, methods] of allowed) {
    const headers = { allow: methods.join(', ') }
    app.all(path, () =>
      refusalResponse(new RefusalError('method_not_allowed'), { ...settings, headers }),
    )
  }
  app.notFound(() => refuse(new RefusalError('no_such_route')))
  app.onError(refuse)

  // One for each request: it passes only Node's own objects on.
  const listenerFor = (context: Context) =>
    getRequestListener((request, bindings) => app.fetch(request, { ...bindings, context }), {
      // It would replace the globals of the whole process, Next included.
      overrideGlobalObjects: false,
      // A target that is not a valid URL never reaches Hono.
      errorHandler: (error) => refuse(error instanceof RequestError ? invalidInput(['']) : error),
    })
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const page = reading.includes(request.method ?? '') ? pages.get(pathOf(request)) : undefined
    if (page !== undefined) {
      // Whether the request had a body is known once it has been parsed to its end.
      await new Promise(setImmediate)
      return writePage(response, page, closeIfUnread(request))
    }
    return admitted(
      { request, contextOf, admit },
      {
        run: (context) => listenerFor(context)(request, response),
        refuse(error) {
          for (const [name, value] of Object.entries(closeIfUnread(request))) {
            response.setHeader(name, value)
          }
          writeProblem(response, error)
        },
      },
    )
  }
}

/** Past Hono, which would copy the bytes for each response. */
function writePage(
  response: ServerResponse,
  { type, bytes }: Page,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(200, {
    'content-type': type,
    'content-length': bytes.length,
    'cache-control': 'no-store',
    ...headers,
  })
  response.end(bytes)
}

const reading = ['GET', 'HEAD']

/** The path without query and trailing slash, still percent-encoded. */
function pathOf(request: IncomingMessage | undefined): string {
  const [path = '/'] = (request?.url ?? '/').split('?', 1)
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

const finish: MiddlewareHandler<Env> = async (context, next) => {
  await next()
  const fixed = { 'cache-control': 'no-store', ...closeIfUnread(context.env.incoming) }
  for (const [name, value] of Object.entries(fixed)) context.res.headers.set(name, value)
}

/** A target with an invalid percent-escape matches nothing; taken literally it would match another id. */
function isDecodable({ url = '' }: IncomingMessage): boolean {
  try {
    decodeURIComponent(url)
    return true
  } catch {
    return false
  }
}
