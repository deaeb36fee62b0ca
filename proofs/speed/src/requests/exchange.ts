import { connect, type Socket } from 'node:net'
import { createResponseReader, type HttpAnswer } from './response-reader.ts'

/** Sends one request and resolves with its answer; rejects when the connection ends before. */
export function createExchange(socket: Socket): (request: string) => Promise<HttpAnswer> {
  const take = createResponseReader()
  let waiting: PromiseWithResolvers<HttpAnswer> | undefined
  socket.on('data', (bytes) => {
    try {
      const answer = take(bytes)
      if (answer !== undefined) waiting?.resolve(answer)
    } catch (error) {
      waiting?.reject(error)
    }
  })
  const ended = () => waiting?.reject(new Error('The connection closed before the response.'))
  socket.on('error', ended)
  socket.on('close', ended)
  return (request) => {
    waiting = Promise.withResolvers()
    socket.write(request)
    return waiting.promise
  }
}

export function connected(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}
