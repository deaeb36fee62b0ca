import { httpExchange } from '@idem/test-support/http-exchange'

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
  const { host } = new URL(url)
  const client = httpExchange(url, connections)

  const send: Send = async ({ method, path, headers = [], body }) => {
    const started = performance.now()
    const given = new Set(headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()))
    const usual = ['host', host, 'content-type', 'application/json']
    if (body !== undefined) usual.push('content-length', `${Buffer.byteLength(body)}`)
    const missing = usual.filter((_, at) => !given.has(usual[at - (at % 2)] ?? ''))
    const received = await client.send({
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      path,
      headers: [...missing, ...headers.map(String)],
      body,
    })
    const named = Object.entries(received.headers).map(([name, value]) => [name, String(value)])
    return { ...received, headers: Object.fromEntries(named), ms: performance.now() - started }
  }

  return { send, [Symbol.dispose]: () => client[Symbol.dispose]() }
}
