import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * HTTP allows a client to pipeline requests without waiting for responses, and a million pipelined
 * requests on one connection would all be in our memory. No browser pipelines.
 */
const maxPipelined = 100

/** Counts the unanswered requests of each connection; returns whether this request exceeds the limit. */
export function createPipeliningLimit() {
  const unanswered = new WeakMap<Socket, number>()

  return function exceedsPipelining(
    { socket }: IncomingMessage,
    response: ServerResponse,
  ): boolean {
    const count = (unanswered.get(socket) ?? 0) + 1
    unanswered.set(socket, count)
    response.once('close', () => unanswered.set(socket, (unanswered.get(socket) ?? 1) - 1))
    return count > maxPipelined
  }
}
