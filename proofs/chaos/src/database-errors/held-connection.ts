import { once } from 'node:events'
import { connect } from 'node:net'

/** A keep-alive connection that stays idle after its first response. */
export async function heldConnection(url: string): Promise<{ readonly closed: Promise<unknown> }> {
  const { hostname, port, host } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => undefined)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(`GET /healthz HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
  await once(socket, 'data')
  socket.resume()
  return { closed }
}
