import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * HTTP allows a client to send on without waiting for answers, and whoever sends a million requests
 * down one connection would have them all in our memory. No browser does it at all.
 */
const maxPipelined = 100

/** Counts what each connection still waits for; says whether this request is one too many. */
export function createPipeliningLimit() {
  const unanswered = new WeakMap<Socket, number>()

  return function isTooMany({ socket }: IncomingMessage, response: ServerResponse): boolean {
    const count = (unanswered.get(socket) ?? 0) + 1
    unanswered.set(socket, count)
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1))
    return count > maxPipelined
  }
}
