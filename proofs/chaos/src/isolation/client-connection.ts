import { connected, createExchange } from '@idem/speed/exchange'

export type Answer = { readonly status: number; readonly body: string }

export type ClientConnection = Disposable & {
  /** One request at a time. Status 0: the connection ended before the answer. */
  readonly send: (request: { method: string; path: string; body: string }) => Promise<Answer>
}

/**
 * One keep-alive connection, opened again when the server has closed it. Over a
 * raw socket, because the load generator takes its CPU time from the server beside it.
 */
export async function clientConnection(url: string, from?: string): Promise<ClientConnection> {
  const { hostname, port } = new URL(url)
  let socket = await connected(hostname, Number(port), from)
  let exchange = createExchange(socket)

  async function reconnect(): Promise<void> {
    socket.destroy()
    socket = await connected(hostname, Number(port), from)
    exchange = createExchange(socket)
  }

  return {
    async send({ method, path, body }) {
      const length = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`
      const head = `${method} /api/trpc/${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n`
      try {
        if (!socket.writable || socket.readableEnded) await reconnect()
        const answer = await exchange(`${head}${method === 'GET' ? '' : length}\r\n${body}`)
        if (answer.closes) socket.destroy()
        return answer
      } catch (error) {
        socket.destroy()
        return { status: 0, body: String(error) }
      }
    },
    [Symbol.dispose]: () => socket.destroy(),
  }
}
