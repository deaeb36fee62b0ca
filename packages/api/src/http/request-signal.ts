import type { IncomingMessage } from 'node:http'
import type { Context } from './context.ts'
import { mostCallMs } from './with-deadline.ts'

/**
 * Aborted when no caller waits for the answer of a request any more: its connection is closed, or its
 * deadline has passed. It is read a few times and has no listeners, so nothing has to be removed from the
 * socket afterwards. It reads the socket, because a pipelined response learns of its end only in its turn.
 */
export class RequestSignal {
  readonly #socket: IncomingMessage['socket']
  readonly #deadline = performance.now() + mostCallMs

  constructor({ socket }: IncomingMessage) {
    this.#socket = socket
  }

  get aborted(): boolean {
    return this.#socket.destroyed || performance.now() > this.#deadline
  }
}

/** The caller waits as long as the request does, and is the address of the client, as for admission. */
export function withSignal(context: Context, request: IncomingMessage): Context {
  const signal = new RequestSignal(request)
  return { ...context, caller: { ...context.caller, signal, from: request.socket.remoteAddress } }
}
