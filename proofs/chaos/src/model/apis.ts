import { httpExchange, type Received as RawResponse } from '@idem/test-support/http-exchange'
import type { Api, Call, KeyedCall, Received } from './call.ts'

/** Sends one call over one API and returns the response. */
export type Ask = (api: Api, call: Call) => Promise<Received>

/** Restoring a todo, and changing a part of it, is possible over tRPC only. */
export function isSupported(api: Api, call: Call): boolean {
  if (call.operation === 'restoreTodo') return api === 'trpc'
  if (call.operation !== 'updateTodo') return true
  const { version, title, completed } = call.input
  const whole = title !== undefined && completed !== undefined
  return api === 'trpc' ? version !== undefined : whole
}

/** `caller`: headers of every request. */
export function openApis(
  url: string,
  caller: Readonly<Record<string, string>> = {},
): Disposable & { readonly ask: Ask } {
  const client = httpExchange(url, 4)
  const send: Send = ({ method, path, body, headers }) => {
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const text = body === undefined ? undefined : JSON.stringify(body)
    return client.send({ method, path, headers: { ...type, ...caller, ...headers }, body: text })
  }
  return {
    async ask(api, call) {
      if (call.operation === 'listTodos') return allPages(send, api, call)
      if (api === 'trpc') return receivedByTrpc(await send(asTrpc(call)))
      return receivedByRest(await send(asRest(call)))
    },
    [Symbol.dispose]: () => client[Symbol.dispose](),
  }
}

type Sent = {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}
type Send = (sent: Sent) => Promise<RawResponse>

type SingleCall = Exclude<Call, { operation: 'listTodos' }>

function asTrpc(call: SingleCall): Sent {
  const path = `/api/trpc/${call.operation}`
  const key = 'key' in call ? { idempotencyKey: call.key } : {}
  const input = 'input' in call ? { ...call.input, ...key } : key
  return call.operation === 'getTodo' || call.operation === 'outcomeOf'
    ? { method: 'GET', path: path + asQuery(input) }
    : { method: 'POST', path, body: input }
}

function asRest(call: SingleCall): Sent {
  switch (call.operation) {
    case 'getTodo':
      return { method: 'GET', path: `/todos/${encodeURIComponent(call.input.id)}` }
    case 'outcomeOf':
      return { method: 'GET', path: `/outcomes/${encodeURIComponent(call.key)}` }
    case 'cancel':
      return { method: 'DELETE', path: `/outcomes/${encodeURIComponent(call.key)}` }
    case 'createTodo':
      return { method: 'POST', path: '/todos', body: call.input, headers: headersOf(call) }
    case 'deleteTodo':
    case 'updateTodo': {
      const { id, version, ...body } = call.input
      const path = `/todos/${encodeURIComponent(id)}`
      const headers = headersOf(call, version)
      return call.operation === 'deleteTodo'
        ? { method: 'DELETE', path, headers }
        : { method: 'PUT', path, headers, body }
    }
    case 'restoreTodo':
      throw new Error('Expected tRPC for a restore, which REST does not have.')
  }
}

function headersOf({ key }: KeyedCall, version?: number): Record<string, string> {
  return {
    ...(key === undefined ? {} : { 'idempotency-key': key }),
    ...(version === undefined ? {} : { 'if-match': `"${version}"` }),
  }
}

function receivedByTrpc({ status, text }: RawResponse): Received {
  const { error } = JSON.parse(text)
  const refusal = error === undefined ? undefined : JSON.stringify(error.data.refusal)
  return { ...bare, status, refused: error !== undefined, text: refusal ?? dataIn(text) }
}

function receivedByRest({ status, text, headers }: RawResponse): Received {
  const refused = headers['content-type'] === 'application/problem+json'
  return {
    status,
    refused,
    text: refused ? JSON.stringify(JSON.parse(text).refusal) : text || undefined,
    replayed: headers['idempotent-replayed'] === 'true',
    etag: headers.etag,
    location: headers.location,
    lifetime: headers['idempotency-key-lifetime']?.toString(),
  }
}

const bare = { replayed: false, etag: undefined, location: undefined, lifetime: undefined }

function dataIn(text: string): string {
  return text.slice('{"result":{"data":'.length, -'}}'.length)
}

/** All pages as one list, each with the cursor of the one before it. */
async function allPages(
  send: Send,
  api: Api,
  call: Extract<Call, { operation: 'listTodos' }>,
): Promise<Received> {
  const todos: unknown[] = []
  let cursor: string | null = null
  do {
    const input = { ...call.input, limit: call.limit, ...(cursor === null ? {} : { cursor }) }
    const path =
      api === 'rest' ? `/todos?${asSearch(input)}` : `/api/trpc/listTodos${asQuery(input)}`
    const received = await send({ method: 'GET', path })
    const page = JSON.parse(api === 'rest' ? received.text : dataIn(received.text))
    if (received.status !== 200 || page.todos.length > call.limit) {
      throw new Error(`Expected a page of at most ${call.limit}, received ${received.text}.`)
    }
    todos.push(...page.todos)
    const next: string | null = page.nextCursor
    // With a cursor that does not advance, the pages would never end.
    if (next !== null && (page.todos.length < call.limit || next === cursor)) {
      throw new Error(`Expected a full page with another cursor, received ${received.text}.`)
    }
    cursor = next
  } while (cursor !== null)
  return { ...bare, status: 200, refused: false, text: JSON.stringify(todos) }
}

function asQuery(input: unknown): string {
  return `?input=${encodeURIComponent(JSON.stringify(input))}`
}

function asSearch(input: object): URLSearchParams {
  const given = Object.entries(input).filter(([, value]) => value !== undefined)
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]))
}
