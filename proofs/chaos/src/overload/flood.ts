import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connected } from '@idem/speed/exchange'

/** A client that reads so many bytes at each step. The answer to a batch has about three thousand. */
const readBytes = 1_024
const stepMs = 100
const pipelined = 5

let sent = 0

/** Connections that pipeline batches of ten creates and read slowly, until the signal. Resolves with how often they were closed. */
export async function flood(
  url: string,
  connections: number,
  signal: AbortSignal,
): Promise<number> {
  const { hostname, port } = new URL(url)
  let closed = 0

  async function attack(): Promise<void> {
    while (!signal.aborted) {
      const socket = await connected(hostname, Number(port)).catch(() => undefined)
      if (socket !== undefined) await insist(socket)
      closed += 1
      await rest(signal)
    }
  }

  async function insist(socket: Socket): Promise<void> {
    socket.on('error', () => {})
    // With this listener nothing is read but by `read`.
    socket.on('readable', () => {})
    while (!socket.destroyed && !signal.aborted) {
      socket.read(readBytes)
      // The data that the connection has not taken yet are enough.
      if (socket.writableLength === 0) socket.write(batches(`${hostname}:${port}`))
      await rest(signal)
    }
    socket.destroy()
  }

  await Promise.all(Array.from({ length: connections }, attack))
  return closed - connections
}

function rest(signal: AbortSignal): Promise<void> {
  return pause(stepMs, undefined, { signal }).catch(() => undefined)
}

function batches(host: string): string {
  return Array.from({ length: pipelined }, () => batch(host)).join('')
}

function batch(host: string): string {
  const calls = Array.from({ length: 10 }, () => {
    sent += 1
    return { idempotencyKey: `flood-${sent}`, title: `Flood ${sent}` }
  })
  const body = JSON.stringify({ ...calls })
  const path = Array(10).fill('createTodo').join(',')
  return `POST /api/trpc/${path}?batch=1 HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}
