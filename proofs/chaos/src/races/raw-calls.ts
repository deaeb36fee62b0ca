import { Agent, request } from 'node:http'

/** A response with its exact text. */
export type RawAnswer = { readonly status: number; readonly text: string }

export type RawCalls = Disposable & {
  readonly mutate: (path: string, input: unknown) => Promise<RawAnswer>
  readonly query: (path: string, input?: unknown) => Promise<RawAnswer>
}

/** Raw tRPC over keep-alive connections; a typed client would hide the bytes. */
export function rawCalls(url: string, connections: number): RawCalls {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return {
    mutate: (path, input) => call(agent, `${url}/api/trpc/${path}`, JSON.stringify(input)),
    query(path, input) {
      const search =
        input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`
      return call(agent, `${url}/api/trpc/${path}${search}`)
    },
    [Symbol.dispose]: () => agent.destroy(),
  }
}

function call(agent: Agent, url: string, body?: string): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const headers = { 'content-type': 'application/json' }
    const sent = request(url, { agent, method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
