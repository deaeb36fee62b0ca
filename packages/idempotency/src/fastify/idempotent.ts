import type { FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import type { Idempotency } from '../create-idempotency.ts'
import { attempt, isSafe, streamError } from '../http/attempt.ts'
import type { IdempotentOptions } from '../http/idempotent-options.ts'
import {
  bytesOf,
  type HandlerResponse,
  type Headers,
  type ResponseParts,
} from '../http/response-parts.ts'

/** Options of a route. To add a `preHandler` of your own, put both into a list, this one last. */
export type IdempotentRoute = {
  readonly preHandler: (
    request: FastifyRequest,
    reply: FastifyReply,
    done: HookHandlerDoneFunction,
  ) => void
  readonly onError: (
    request: FastifyRequest,
    reply: FastifyReply,
    error: Error,
    done: () => void,
  ) => void
  readonly onSend: (
    request: FastifyRequest,
    reply: FastifyReply,
    payload: unknown,
  ) => Promise<unknown>
}

/** A request whose handler is running in the transaction. */
type Running = {
  readonly answer: (response: Promise<HandlerResponse>) => void
  error?: unknown
  /** Sends the answer of the handler, or the error or the body in place of it. */
  send?: (instead: Error | Buffer | null | undefined) => void
}

/**
 * Options for routes that change something: of all requests with one `Idempotency-Key`,
 * one has its effect, in a transaction with the key and the response, and every request
 * gets the same response. `request.tx` is the transaction. GET, HEAD and OPTIONS pass
 * without one.
 *
 * ```ts
 * app.post('/posts', idempotent(idempotency, { owner: (request) => request.user.id }), async (request, reply) => {
 *   const post = await createPost(request.tx, request.body)
 *   return reply.code(201).send(post)
 * })
 * ```
 *
 * Authorise in an earlier hook: a replay skips the handler. The response is sent after the
 * commit. One with a status of 400 or above, or a thrown error, rolls back and leaves the
 * key free. A stream is refused.
 */
export function idempotent<Tx>(
  idempotency: Idempotency<Tx>,
  options: IdempotentOptions<FastifyRequest>,
): IdempotentRoute {
  const running = new WeakMap<FastifyRequest, Running>()
  /** Responses that are sent in place of the handler's. */
  const replays = new WeakMap<FastifyRequest, ResponseParts>()

  function start(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
    const { raw, hijack } = reply
    const { writeHead } = raw
    const header = request.headers['idempotency-key'] as string | undefined
    if (header) reply.header('Idempotency-Key-Lifetime', idempotency.retentionHours * 3_600)
    // Headers of earlier hooks, such as CORS, belong to every response.
    const outer = reply.getHeaders()
    const { promise, resolve: answer } = Promise.withResolvers<HandlerResponse>()
    const run: Running = { answer }

    function end(instead?: Error | ResponseParts): void {
      running.delete(request)
      Object.assign(reply, { hijack })
      Object.assign(raw, { writeHead })
      if (instead !== undefined) {
        for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name)
        reply.headers(outer)
      }
      const { send = (body) => reply.send(body ?? undefined) } = run
      if (instead === undefined || instead instanceof Error) send(instead)
      else {
        replays.set(request, instead)
        reply.code(instead.status).headers(instead.headers)
        send(bytesOf(instead))
      }
    }

    attempt(idempotency, options, {
      owner: options.owner(request),
      header,
      operation: `${request.method} ${request.routeOptions.url}`,
      url: request.originalUrl,
      contentType: request.headers['content-type'],
      body: request.body,
      handle(tx) {
        Object.assign(request, { tx })
        running.set(request, run)
        // A response that is written past `reply.send` would leave before the commit.
        Object.assign(reply, { hijack: refuse })
        Object.assign(raw, { writeHead: refuse })
        // The handler runs in the asynchronous context of the effect.
        done()
        return promise
      },
    })
      .then(end)
      .catch(end)
  }

  return {
    preHandler(request, reply, done) {
      if (isSafe(request.method)) done()
      else start(request, reply, done)
    },

    onError(request, _reply, error, done) {
      Object.assign(running.get(request) ?? {}, { error })
      done()
    },

    async onSend(request, reply, payload) {
      const replay = replays.get(request)
      if (replay) {
        // Hooks of the application have changed it when it was stored.
        reply.removeHeader('content-encoding').code(replay.status).headers(replay.headers)
        return bytesOf(replay)
      }
      const run = running.get(request)
      if (run === undefined) return payload
      const instead = await new Promise((resolve) => {
        // A second response of the handler is never sent.
        if (run.send !== undefined) return
        run.send = resolve
        run.answer(responseOf(reply, payload, run.error))
      })
      if (instead instanceof Error) throw instead
      return instead === undefined ? payload : instead
    },

    // A plugin that compresses would make a stream of the whole body first.
    ...{ compress: false },
  }
}

async function responseOf(
  reply: FastifyReply,
  payload: unknown,
  error: unknown,
): Promise<HandlerResponse> {
  const body = payload ?? ''
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const headers = reply.getHeaders() as Headers
    return { status: reply.statusCode, headers, body: Buffer.from(body as string), error }
  }
  Object(body).destroy?.()
  return refuse()
}

function refuse(): never {
  throw streamError()
}
