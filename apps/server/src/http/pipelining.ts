import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * HTTP allows a client to pipeline requests without waiting for responses, and a million pipelined
 * requests would all be in our memory. So one request of a connection is in progress, while nothing more
 * is read from it. Requests that had been read already wait. A connection is closed when more than
 * `most` of its requests are unanswered, or when `mostWaiting` of all connections wait (70 MB). No browser
 * pipelines.
 */
const most = 100
const mostWaiting = 10_000
/**
 * A client that pipelines has not read the refusal of its last request when it sends the next one. Refusing
 * as fast as such clients send would take all the time of this process, so after a refusal their connection
 * rests. For different times, because connections that were refused together would be read together.
 */
const restMs = { least: 2_000, spread: 2_000 }

type Connection = {
  state: 'idle' | 'busy' | 'resting'
  readonly waiting: (() => void)[]
}

/** Calls `handle` for each request once those before it on its connection have been answered. */
export function createPipelining(mostWaitingAtOnce = mostWaiting) {
  const connections = new WeakMap<Socket, Connection>()
  let waiting = 0

  function connectionOf(socket: Socket): Connection {
    const known = connections.get(socket)
    if (known !== undefined) return known
    const connection: Connection = { state: 'idle', waiting: [] }
    connections.set(socket, connection)
    socket.once('close', () => {
      waiting -= connection.waiting.splice(0).length
    })
    return connection
  }

  function ended(socket: Socket, connection: Connection, status: number): void {
    if (status !== 503 || connection.waiting.length === 0) {
      next(socket, connection)
      return
    }
    connection.state = 'resting'
    const resting = restMs.least + Math.random() * restMs.spread
    setTimeout(() => next(socket, connection), resting)
  }

  function next(socket: Socket, connection: Connection): void {
    connection.state = 'idle'
    if (socket.destroyed) return
    const start = connection.waiting.shift()
    if (start !== undefined) {
      waiting -= 1
      start()
    }
    if (connection.waiting.length === 0 && socket.isPaused()) socket.resume()
  }

  return function inTurn(
    { socket }: IncomingMessage,
    response: ServerResponse,
    handle: () => void,
  ): void {
    const connection = connectionOf(socket)
    const start = () => {
      connection.state = 'busy'
      response.once('close', () => ended(socket, connection, response.statusCode))
      handle()
    }
    if (connection.state === 'idle') start()
    else if (connection.waiting.length >= most - 1 || waiting >= mostWaitingAtOnce) socket.destroy()
    else {
      connection.waiting.push(start)
      waiting += 1
      pauseWhile(socket, () => connection.waiting.length > 0)
    }
  }
}

/** In the next turn: Node resumes the socket itself once it has read this request. */
function pauseWhile(socket: Socket, isTooMuch: () => boolean): void {
  setImmediate(() => {
    if (isTooMuch()) socket.pause()
  })
}
