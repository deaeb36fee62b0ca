import type { TodoRouter } from '@idem/api/todo-router'
import { createTRPCClient, httpLink, type TRPCClient } from '@trpc/client'
import { endpointOf } from './endpoint-of.ts'

/** Longer than the server's own 10 s for a request, so that its answer is heard whenever there is one. */
const attemptTimeoutMs = 12_000

export type ClientOptions = {
  /** The server (`http://localhost:3000`) or its tRPC endpoint (`http://localhost:3000/api/trpc`); in a browser also a path. */
  readonly url: string
  /** Instead of the platform's own. */
  readonly fetch?: typeof globalThis.fetch
  /** How long one attempt may take before it ends without an answer: 12,000 ms unless told. */
  readonly attemptTimeoutMs?: number
}

export type Client = TRPCClient<TodoRouter>

/**
 * The typed client. Each call is one attempt in a request of its own, so a lost
 * answer is lost for one intent only; nothing is repeated here. An attempt that
 * ends without an answer is unknown, not failed: send it again with the same key.
 *
 * A call rejects when it is declined (`refusalOf(error)` says how) and when no
 * answer came (then `refusalOf(error)` is undefined).
 *
 * @throws TypeError at once, in a sentence, when `url` is none.
 */
export function createClient(options: ClientOptions): Client {
  const timeoutMs = options.attemptTimeoutMs ?? attemptTimeoutMs
  return createTRPCClient<TodoRouter>({
    links: [
      httpLink({
        url: endpointOf(options.url),
        fetch: (input, init) => {
          const send = options.fetch ?? globalThis.fetch
          return send(input, { ...init, signal: ending(init?.signal, timeoutMs) })
        },
      }),
    ],
  })
}

/** The time-out also ends the reading of a body that never completes. */
function ending(signal: AbortSignal | null | undefined, timeoutMs: number): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs)
  return signal ? AbortSignal.any([signal, timeout]) : timeout
}
