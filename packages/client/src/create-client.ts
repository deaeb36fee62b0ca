import type { TodoRouter } from '@idem/api/todo-router'
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client'
import { endpointUrl } from './endpoint-url.ts'

/** Longer than the server's request deadline of 10 s, so that the client waits for every answer. */
const attemptTimeoutMs = 12_000

export type ClientOptions = {
  /** The server (`http://localhost:3000`) or its tRPC endpoint (`http://localhost:3000/api/trpc`); in a browser also a path. Of a server below a path the endpoint. */
  readonly url: string
  /** Sent with each call, for example `authorization`. */
  readonly headers?: Readonly<Record<string, string>>
  /** Replaces the platform's `fetch`. */
  readonly fetch?: typeof globalThis.fetch
  /** The time-out of one attempt in ms, after which it ends without an answer. Default: 12,000. */
  readonly attemptTimeoutMs?: number
}

export type Client = TRPCClient<TodoRouter>

/**
 * Creates the typed client. Each call is one attempt in a separate request, so a lost response
 * affects one intent only; the client does not retry. After an attempt without an answer send it
 * again with the same key.
 *
 * A call rejects with a `TRPCClientError`. If the server has refused it, `error.data.refusal` is the
 * refusal; otherwise no answer was understood, and the attempt is unknown, not failed.
 *
 * @throws TypeError immediately when `url` is invalid
 */
export function createClient(options: ClientOptions): Client {
  const timeoutMs = options.attemptTimeoutMs ?? attemptTimeoutMs
  return createTRPCClient<TodoRouter>({
    links: [
      httpLink({
        url: endpointUrl(options.url),
        headers: options.headers ?? {},
        fetch: (input, init) => {
          const send = options.fetch ?? globalThis.fetch
          return send(input, { ...init, signal: ending(init?.signal, timeoutMs) })
        },
      }),
    ],
  })
}

/** The time-out also covers reading the response body. */
function ending(signal: AbortSignal | null | undefined, timeoutMs: number): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs)
  return signal ? AbortSignal.any([signal, timeout]) : timeout
}
