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

/** `from`: an address of this machine, for a server that tells callers apart by it. */
export function connected(host: string, port: number, from?: string): Promise<Socket> {
  const local = from === undefined ? {} : { localAddress: from }
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, ...local }, () => resolve(socket))
    socket.once('error', reject)
  })
}
