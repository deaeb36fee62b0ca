import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Bytes on a socket, for requests that no HTTP client would send. */
export type RawConnection = {
  readonly socket: Socket
  /** Everything received so far. */
  readonly got: () => string
  /** Resolves with everything received when the other side closes. */
  readonly closed: Promise<string>
  /** Resolves when something is received or the other side closes. */
  readonly answered: Promise<unknown>
}

export async function rawConnection(port: number): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: false })
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  // A reset also closes; the bytes before it count.
  socket.on('error', () => {})
  const closed = new Promise<string>((resolve) => socket.on('close', () => resolve(text)))
  const answered = Promise.race([new Promise((resolve) => socket.once('data', resolve)), closed])
  await once(socket, 'connect')
  return { socket, got: () => text, closed, answered }
}

/** Sends the bytes and returns everything received until the other side closes. */
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

/** A complete create over REST. */
export function rawCreate(title: string, ...headers: string[]): string {
  const body = JSON.stringify({ title })
  return head('POST /todos', json, `Content-Length: ${Buffer.byteLength(body)}`, ...headers) + body
}

export const json = 'Content-Type: application/json'
