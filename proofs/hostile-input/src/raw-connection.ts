import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Bytes on a socket, for what no HTTP client would send. */
export type RawConnection = {
  readonly socket: Socket
  /** All that came back so far. */
  readonly got: () => string
  /** Resolves with all that came back, when the other side has closed. */
  readonly closed: Promise<string>
  /** Resolves when something has come back, or the other side has closed. */
  readonly answered: Promise<unknown>
}

export async function rawConnection(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: false })
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  // A reset is one way to be closed; what came before it counts.
  socket.on('error', () => {})
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(text)))
  const answered = Promise.race([new Promise((resolve) => socket.once('data', resolve)), closed])
  await once(socket, 'connect')
  return { socket, got: () => text, closed, answered }
}

/** Sends the bytes and gives all that comes back until the other side closes. */
export async function rawExchange(port: number, bytes: string): Promise<string> {
  const { socket, closed } = await rawConnection(port)
  socket.write(bytes)
  return closed
}

export function statusesIn(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
}

export function head(line: string, ...headers: string[]): string {
  return [`${line} HTTP/1.1`, 'Host: localhost', ...headers, '', ''].join('\r\n')
}

/** A create over REST, whole. */
export function rawCreate(title: string, ...headers: string[]): string {
  const body = JSON.stringify({ title })
  return head('POST /todos', json, `Content-Length: ${Buffer.byteLength(body)}`, ...headers) + body
}

export const json = 'Content-Type: application/json'
