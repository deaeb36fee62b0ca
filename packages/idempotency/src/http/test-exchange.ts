import { request as send } from 'node:http'

export type Sent = {
  readonly method?: string
  readonly path?: string
  /** Sent as JSON, unless it is text or bytes. */
  readonly body?: unknown
  readonly key?: string
  readonly user?: string
  /** Additional headers, as `name, value, name, value`. */
  readonly headers?: readonly string[]
  readonly signal?: AbortSignal
}

export type Received = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly bytes: Buffer
  // The tests read any member.
  // biome-ignore lint/suspicious/noExplicitAny: A test reads what it expects to be there and fails when it is not.
  readonly body: any
}

/** Sends with `node:http`: `fetch` would join two headers of one name. */
export function exchange(url: string, sent: Sent): Promise<Received> {
  const { method = 'POST', path = '/posts', body, key, user, headers = [], signal } = sent
  const { hostname, port, host } = new URL(url)
  const isWhole = typeof body === 'string' || body instanceof Uint8Array
  const content = body === undefined || isWhole ? body : JSON.stringify(body)
  const list = ['host', host, ...headers, 'content-length', `${Buffer.byteLength(content ?? '')}`]
  if (content !== undefined && !list.includes('content-type')) {
    list.push('content-type', 'application/json')
  }
  if (key !== undefined) list.push('idempotency-key', key)
  if (user !== undefined) list.push('x-user', user)
  return new Promise((resolve, reject) => {
    const options = { hostname, port, path, method, headers: list, agent: false, signal }
    const request = send({ ...options, signal: signal ?? AbortSignal.timeout(15_000) })
    request.on('error', reject)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('error', reject)
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const isJson = /json/.test(response.headers['content-type'] ?? '') && bytes.length > 0
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          bytes,
          body: isJson ? JSON.parse(`${bytes}`) : `${bytes}`,
        })
      })
    })
    request.end(content)
  })
}
