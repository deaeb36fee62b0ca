import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * HTTP allows a client to pipeline requests without waiting for responses, and a million pipelined
 * requests on one connection would all be in our memory. So at most `atOnce` are in progress, while
 * nothing more is read from the connection. What had been read already waits; more than `most` closes
 * the connection. No browser pipelines.
 */
const atOnce = 10
const most = 100

type Pipeline = {
  inProgress: number
  readonly waiting: (() => void)[]
}

/** Calls `handle` for each request once fewer than ten of its connection are in progress. */
export function createPipelining() {
  const pipelines = new WeakMap<Socket, Pipeline>()

  return function inTurn(
    { socket }: IncomingMessage,
    response: ServerResponse,
    handle: () => void,
  ): void {
    const pipeline = pipelines.get(socket) ?? { inProgress: 0, waiting: [] }
    pipelines.set(socket, pipeline)
    const start = () => {
      pipeline.inProgress += 1
      response.once('close', () => next(socket, pipeline))
      handle()
    }
    if (pipeline.inProgress < atOnce) start()
    else if (pipeline.inProgress + pipeline.waiting.length >= most) socket.destroy()
    else {
      pipeline.waiting.push(start)
      pauseWhile(socket, () => pipeline.waiting.length > 0)
    }
  }
}

function next(socket: Socket, pipeline: Pipeline): void {
  pipeline.inProgress -= 1
  if (socket.destroyed) return
  pipeline.waiting.shift()?.()
  if (pipeline.waiting.length === 0 && socket.isPaused()) socket.resume()
}

/** In the next turn: Node resumes the socket itself once it has read this request. */
function pauseWhile(socket: Socket, isTooMuch: () => boolean): void {
  setImmediate(() => {
    if (isTooMuch()) socket.pause()
  })
}
