import type { Context, MiddlewareHandler } from 'hono'
import type { Idempotency } from '../create-idempotency.ts'
import { attempt, isSafe, streamError } from '../http/attempt.ts'
import type { IdempotentOptions } from '../http/idempotent-options.ts'
import { bytesOf, type HandlerResponse } from '../http/response-parts.ts'

/**
 * A middleware for routes that change something: of all requests with one
 * `Idempotency-Key`, one has its effect, in a transaction with the key and the response,
 * and every request gets the same response. `c.get('tx')` is the transaction. GET, HEAD
 * and OPTIONS pass without one.
 *
 * ```ts
 * app.post('/posts', idempotent(idempotency, { owner: (c) => c.get('user').id }), async (c) => {
 *   const post = await createPost(c.get('tx'), await c.req.json())
 *   return c.json(post, 201)
 * })
 * ```
 *
 * Put authorisation before it: a replay skips the handler and every later middleware.
 * The response is sent after the commit. One with a status of 400 or above, or a thrown
 * error, rolls back and leaves the key free. A stream is refused.
 */
export function idempotent<Tx>(
  idempotency: Idempotency<Tx>,
  options: IdempotentOptions<Context>,
): MiddlewareHandler<{ Variables: { tx: Tx } }> {
  return async function idempotent(c, next) {
    const { method } = c.req
    if (isSafe(method)) return next()
    const header = c.req.header('Idempotency-Key')
    if (header !== undefined)
      c.header('Idempotency-Key-Lifetime', `${idempotency.retentionHours * 3_600}`)
    // Headers of earlier middleware, such as CORS, belong to every response.
    const outer = new Headers(c.res.headers)

    async function handle(tx: Tx): Promise<HandlerResponse> {
      c.set('tx', tx)
      await next()
      const { res, error } = c
      if (isStream(res)) {
        await res.body?.cancel()
        throw streamError()
      }
      const headers = Object.fromEntries(res.headers)
      return {
        status: res.status,
        headers,
        body: Buffer.from(await res.clone().arrayBuffer()),
        error,
      }
    }

    try {
      const parts = await attempt(idempotency, options, {
        owner: options.owner(c),
        header,
        operation: `${method} ${c.req.routePath}`,
        url: c.req.url.replace(/^\w+:\/\/[^/]*/, ''),
        contentType: c.req.header('Content-Type'),
        body: await bodyOf(c),
        handle,
      })
      if (parts === undefined) return
      for (const [name, value] of Object.entries(parts.headers)) outer.set(name, `${value}`)
      replace(c, outer, parts.status, bytesOf(parts))
    } catch (error) {
      // The response of the handler is part of what was rolled back, also its headers.
      replace(c, outer, 500)
      throw error
    }
  }
}

/** Leaves the body to the handler, which may read it from `c.req` or from `c.req.raw`. */
async function bodyOf({ req }: Context): Promise<unknown> {
  const { formData } = req.bodyCache
  // A parsed form is written anew, with another boundary each time.
  if (formData) return [...(await formData)]
  const source = req.raw.bodyUsed ? req : req.raw.clone()
  const bytes = Buffer.from(await source.arrayBuffer())
  if (!/json/i.test(req.header('Content-Type') ?? '')) return bytes
  try {
    return JSON.parse(`${bytes}`)
  } catch {
    return bytes
  }
}

function replace(
  c: Context,
  headers: Headers,
  status: number,
  body: Buffer<ArrayBuffer> | null = null,
) {
  // Hono adds the headers of an earlier response that is still there.
  c.res = undefined
  c.res = new Response(body, { status, headers })
}

/**
 * The platform makes a byte stream of a text or of bytes, which are complete. Any other
 * one is a stream of the handler, and its length is not known.
 */
function isStream({ body, headers }: Response): boolean {
  if (/^text\/event-stream/i.test(headers.get('Content-Type') ?? '')) return true
  return body !== null && isByteStream(new Response('').body) && !isByteStream(body)
}

function isByteStream(body: ReadableStream | null): boolean {
  try {
    body?.getReader({ mode: 'byob' }).releaseLock()
    return true
  } catch {
    return false
  }
}
