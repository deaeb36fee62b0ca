import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Request } from 'express'
import type { Idempotency } from '../create-idempotency.ts'
import { attempt, isSafe } from '../http/attempt.ts'
import type { IdempotentOptions } from '../http/idempotent-options.ts'
import { bytesOf, type HandlerResponse, type Headers } from '../http/response-parts.ts'
import { holdResponse } from './hold-response.ts'

/** The types of Node leave the parameters of a route as they are. */
type Middleware<Tx> = (
  req: IncomingMessage & { tx?: Tx },
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void

/**
 * A middleware for routes that change something, in Express 4 and 5: of all requests with
 * one `Idempotency-Key`, one has its effect, in a transaction with the key and the
 * response, and every request gets the same response. `req.tx` is the transaction. GET,
 * HEAD and OPTIONS pass without one.
 *
 * ```ts
 * app.use(express.json())
 * app.post('/posts', idempotent(idempotency, { owner: (req) => req.user.id }), async (req, res) => {
 *   const post = await createPost(req.tx, req.body)
 *   res.status(201).json(post)
 * })
 * ```
 *
 * Put the parser of the body and authorisation before it: a replay skips the handler and
 * every later middleware. The response is sent after the commit. One with a status of 400
 * or above, as that of an error handler, rolls back and leaves the key free. A response
 * that is sent in parts is refused.
 */
export function idempotent<Tx>(
  idempotency: Idempotency<Tx>,
  options: IdempotentOptions<Request>,
): Middleware<Tx> {
  return function idempotent(req, res, next) {
    if (isSafe(req.method as string)) next()
    else void once(req as IncomingMessage as Request, res, next)
  }

  async function once(req: Request, res: ServerResponse, next: (error?: unknown) => void) {
    const header = req.get('Idempotency-Key')
    const length = req.get('Transfer-Encoding') ?? req.get('Content-Length') ?? '0'
    if (header) res.setHeader('Idempotency-Key-Lifetime', idempotency.retentionHours * 3_600)
    // Headers of earlier middleware, such as CORS, belong to every response.
    const outer = res.getHeaders() as Headers
    const { promise: whole, resolve, reject } = Promise.withResolvers<HandlerResponse>()
    let release: (() => void) | undefined

    function reset(status: number, headers: Headers): void {
      release?.()
      for (const name of res.getHeaderNames()) res.removeHeader(name)
      res.setHeaders(new Map(Object.entries(headers)))
      res.statusCode = status
    }

    try {
      const parts = await attempt(idempotency, options, {
        owner: options.owner(req),
        header,
        operation: `${req.method} ${req.baseUrl}${req.route?.path ?? ''}`,
        url: req.originalUrl,
        contentType: req.get('Content-Type'),
        body: req.body,
        isUnread: !req.readableEnded && length !== '0',
        handle(tx) {
          Object.assign(req, { tx })
          const holding = { handle: next, resolve, reject }
          release = holdResponse(res, holding)
          return whole
        },
      })
      if (parts) {
        reset(parts.status, { ...outer, ...parts.headers })
        res.end(bytesOf(parts))
      } else {
        // The handler may have changed `res` after its response.
        const { status, headers, body } = await whole
        reset(status, headers)
        res.end(body)
      }
    } catch (error) {
      // The handler's response is dropped with the rollback; the error handler sends the response.
      if (release) reset(500, outer)
      next(error)
    }
  }
}
