import { request as send } from 'node:http'

/** With `node:http`: `fetch` would join two headers of one name and normalise the path. */
export function exchange(url: string, path: string, sent: Sent): Promise<Received> {
  const { method = 'GET', body, key, ifMatch, headers = [] } = sent
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
  const { hostname, port, host } = new URL(url)
  const list = ['host', host, ...headers]
  if (text !== undefined) list.push('content-length', `${Buffer.byteLength(text)}`)
  if (text !== undefined && !list.includes('content-type'))
    list.push('content-type', 'application/json')
  if (key !== undefined) list.push('idempotency-key', key)
  if (ifMatch !== undefined) list.push('if-match', ifMatch)
  return new Promise((resolve, reject) => {
    const request = send({ hostname, port, path, method, headers: list, agent: false })
    request.on('error', reject)
    request.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const json = /json/.test(response.headers['content-type'] ?? '') && text !== ''
        const body = json ? JSON.parse(text) : undefined
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers as Record<string, string | undefined>,
          text,
          body,
          refusal: body?.refusal,
        })
      })
    })
    request.end(text)
  })
}

export type Sent = {
  readonly method?: string
  /** Sent as JSON, unless it is text. */
  readonly body?: unknown
  readonly key?: string
  readonly ifMatch?: string
  /** Additional headers, as `name, value, name, value`. */
  readonly headers?: readonly string[]
}

export type Received = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly text: string
  // The tests read any member.
  // biome-ignore lint/suspicious/noExplicitAny: A test reads what it expects to be there and fails when it is not.
  readonly body: any
  // biome-ignore lint/suspicious/noExplicitAny: As above.
  readonly refusal: any
}
