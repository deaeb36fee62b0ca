import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * HTTP allows a client to pipeline requests without waiting for responses, and a million pipelined
 * requests on one connection would all be in our memory. So at most `atOnce` are in progress, while
 * nothing more is read from the connection. Requests that had been read already wait; more than `most`
 * of them close the connection. No browser pipelines, and if a thousand connections do, each turn of the
 * event loop begins this many requests.
 */
const atOnce = 2
const most = 100
/**
 * A client that pipelines has not read the refusal of its last request when it sends the next one. Refusing
 * as fast as such clients send would take all the time of this process, so after a refusal their connection
 * pauses, and continues with a single request.
 */
const restMs = 2_000

type Pipeline = {
  inProgress: number
  isResting: boolean
  readonly waiting: (() => void)[]
}

/** Calls `handle` for each request once fewer than two of its connection are in progress. */
export function createPipelining() {
  const pipelines = new WeakMap<Socket, Pipeline>()

  return function inTurn(
    { socket }: IncomingMessage,
    response: ServerResponse,
    handle: () => void,
  ): void {
    const pipeline = pipelines.get(socket) ?? { inProgress: 0, isResting: false, waiting: [] }
    pipelines.set(socket, pipeline)
    const start = () => {
      pipeline.inProgress += 1
      response.once('close', () => ended(socket, pipeline, response.statusCode))
      handle()
    }
    if (pipeline.inProgress < atOnce && !pipeline.isResting) start()
    else if (pipeline.inProgress + pipeline.waiting.length >= most) socket.destroy()
    else {
      pipeline.waiting.push(start)
      pauseWhile(socket, () => pipeline.waiting.length > 0)
    }
  }
}

function ended(socket: Socket, pipeline: Pipeline, status: number): void {
  pipeline.inProgress -= 1
  if (pipeline.isResting) return
  if (status !== 503 || pipeline.waiting.length === 0) {
    next(socket, pipeline)
    return
  }
  pipeline.isResting = true
  setTimeout(() => {
    pipeline.isResting = false
    next(socket, pipeline)
  }, restMs)
}

function next(socket: Socket, pipeline: Pipeline): void {
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
