import { connected, createExchange } from '@idem/speed/exchange'

export type Request = {
  readonly method: string
  /** A procedure, or a whole path, which begins with a slash. */
  readonly path: string
  readonly body: string
  /** The API key of the account that sends it. Default: none, for a server without sign-in. */
  readonly apiKey?: string | undefined
}

export type Answer = { readonly status: number; readonly body: string }

export type ClientConnection = Disposable & {
  /** One request at a time. Status 0: the connection ended before the answer. */
  readonly send: (request: Request) => Promise<Answer>
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
    async send(request) {
      try {
        if (!socket.writable || socket.readableEnded) await reconnect()
        const answer = await exchange(asText(`${hostname}:${port}`, request))
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

/** A request as it goes over a connection. */
function asText(host: string, { method, path, body, apiKey }: Request): string {
  const caller = apiKey === undefined ? '' : `authorization: Bearer ${apiKey}\r\n`
  const length = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`
  const target = path.startsWith('/') ? path : `/api/trpc/${path}`
  return `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\n${caller}${method === 'GET' ? '' : length}\r\n${body}`
}
