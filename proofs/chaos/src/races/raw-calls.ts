import { httpExchange } from '@idem/test-support/http-exchange'

/** A response with its exact text. */
export type RawAnswer = { readonly status: number; readonly text: string }

export type RawCalls = Disposable & {
  readonly mutate: (path: string, input: unknown) => Promise<RawAnswer>
  readonly query: (path: string, input?: unknown) => Promise<RawAnswer>
}

/** Raw tRPC over keep-alive connections; a typed client would hide the bytes. */
export function rawCalls(url: string, connections: number): RawCalls {
  const client = httpExchange(url, connections)
  const call = async (method: string, path: string, input?: unknown): Promise<RawAnswer> => {
    const headers = { 'content-type': 'application/json' }
    const body = input === undefined ? undefined : JSON.stringify(input)
    const { status, text } = await client.send({
      ...{ method, path: `/api/trpc/${path}`, headers, body },
    })
    return { status, text }
  }
  return {
    mutate: (path, input) => call('POST', path, input),
    query(path, input) {
      const search =
        input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`
      return call('GET', `${path}${search}`)
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  }
}
