import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * HTTP allows a client to pipeline requests without waiting for responses, and a million pipelined
 * requests would all be in our memory. So at most `atOnce` of a connection are in progress, while
 * nothing more is read from it. Requests that had been read already wait. A connection is closed when
 * more than `most` of its requests are unanswered, or when `mostWaiting` of all connections wait (70 MB).
 * No browser pipelines, and if a thousand connections do, each turn of the event loop begins this many
 * requests.
 */
const atOnce = 2
const most = 100
const mostWaiting = 10_000
/**
 * A client that pipelines has not read the refusal of its last request when it sends the next one. Refusing
 * as fast as such clients send would take all the time of this process, so after a refusal their connection
 * pauses, and continues with a single request. For different times, because connections that were refused
 * together would be read together.
 */
const restMs = { least: 2_000, spread: 2_000 }

type Pipeline = {
  inProgress: number
  isResting: boolean
  readonly waiting: (() => void)[]
}

/** Calls `handle` for each request once fewer than two of its connection are in progress. */
export function createPipelining(mostWaitingAtOnce = mostWaiting) {
  const pipelines = new WeakMap<Socket, Pipeline>()
  let waiting = 0

  function pipelineOf(socket: Socket): Pipeline {
    const known = pipelines.get(socket)
    if (known !== undefined) return known
    const pipeline: Pipeline = { inProgress: 0, isResting: false, waiting: [] }
    pipelines.set(socket, pipeline)
    socket.once('close', () => {
      waiting -= pipeline.waiting.splice(0).length
    })
    return pipeline
  }

  function ended(socket: Socket, pipeline: Pipeline, status: number): void {
    pipeline.inProgress -= 1
    if (pipeline.isResting) return
    if (status !== 503 || pipeline.waiting.length === 0) {
      next(socket, pipeline)
      return
    }
    pipeline.isResting = true
    const resting = restMs.least + Math.random() * restMs.spread
    setTimeout(() => {
      pipeline.isResting = false
      next(socket, pipeline)
    }, resting)
  }

  function next(socket: Socket, pipeline: Pipeline): void {
    if (socket.destroyed) return
    const start = pipeline.waiting.shift()
    if (start !== undefined) {
      waiting -= 1
      start()
    }
    if (pipeline.waiting.length === 0 && socket.isPaused()) socket.resume()
  }

  return function inTurn(
    { socket }: IncomingMessage,
    response: ServerResponse,
    handle: () => void,
  ): void {
    const pipeline = pipelineOf(socket)
    const unanswered = pipeline.inProgress + pipeline.waiting.length
    const start = () => {
      pipeline.inProgress += 1
      response.once('close', () => ended(socket, pipeline, response.statusCode))
      handle()
    }
    if (pipeline.inProgress < atOnce && !pipeline.isResting) start()
    else if (unanswered >= most || waiting >= mostWaitingAtOnce) socket.destroy()
    else {
      pipeline.waiting.push(start)
      waiting += 1
      pauseWhile(socket, () => pipeline.waiting.length > 0)
    }
  }
}

/** In the next turn: Node resumes the socket itself once it has read this request. */
function pauseWhile(socket: Socket, isTooMuch: () => boolean): void {
  setImmediate(() => {
    if (isTooMuch()) socket.pause()
  })
}
