import { Agent, request } from 'node:http'

/** One request exactly as sent; only `Host`, type and length of a body are added. */
export type Sent = {
  readonly method?: string
  readonly path: string
  /** Name, value, name, value, so that a header can be sent twice. */
  readonly headers?: readonly string[]
  readonly body?: string | Buffer
}

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly ms: number
}

export type Send = (sent: Sent) => Promise<Answer>

/** A client over this many keep-alive connections. */
export function sender(url: string, connections: number): Disposable & { readonly send: Send } {
  const { host, hostname, port } = new URL(url)
  const agent = new Agent({ keepAlive: true, maxSockets: connections })

  const send: Send = ({ method, path, headers = [], body }) =>
    new Promise((resolve, reject) => {
      const started = performance.now()
      const given = new Set(
        headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()),
      )
      const usual = ['host', host, 'content-type', 'application/json']
      if (body !== undefined) usual.push('content-length', `${Buffer.byteLength(body)}`)
      const missing = usual.filter((_, at) => !given.has(usual[at - (at % 2)] ?? ''))
      const sent = request({
        agent,
        hostname,
        port,
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        path,
        headers: [...missing, ...headers.map(String)],
      })
      sent.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: Object.fromEntries(
              Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
            ),
            text: Buffer.concat(chunks).toString(),
            ms: performance.now() - started,
          }),
        )
      })
      sent.on('error', reject)
      sent.end(body)
    })

  return { send, [Symbol.dispose]: () => agent.destroy() }
}
