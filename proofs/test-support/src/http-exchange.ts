import { Agent, type IncomingHttpHeaders, request } from 'node:http'

/** A request exactly as it is sent. */
export type Sent = {
  readonly method: string
  readonly path: string
  /** By name; or name, value, name, value, so that a header can be sent twice. */
  readonly headers?: Readonly<Record<string, string>> | readonly string[]
  readonly body?: string | Buffer | undefined
}

export type Received = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The exact text, which a typed client would hide. */
  readonly text: string
}

export type HttpExchange = Disposable & { readonly send: (sent: Sent) => Promise<Received> }

/** A client over so many keep-alive connections. */
export function httpExchange(url: string, connections: number): HttpExchange {
  const { hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })

  function send({ method, path, headers = [], body }: Sent): Promise<Received> {
    const given = Array.isArray(headers) ? [...headers] : { ...headers }
    return new Promise((resolve, reject) => {
      const options = { agent, hostname, port, method, path, headers: given }
      const sent = request(options, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
        })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  return { send, [Symbol.dispose]: () => agent.destroy() }
}
