import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export type Reply = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

export type Order = { readonly id: string; readonly item: string; readonly user: string }

/** A request that was read: what a server decides from. */
export type Call = {
  readonly method: string
  readonly path: string
  readonly user: string
  readonly keys: readonly string[]
  readonly body: string
}

type Stored = { readonly fingerprint: string; readonly reply: Promise<Reply> }

/** What the servers of a service share, like a database. */
export type Storage = { readonly orders: Order[]; readonly replies: Map<string, Stored> }

function newStorage(): Storage {
  return { orders: [], replies: new Map() }
}

/** The decisions of a server. Each wrong server makes another one of them. */
export type Rules = {
  /** The key, nothing for a request without one, or a refusal. */
  readonly keyOf: (call: Call) => string | undefined | Reply
  readonly scopeOf: (call: Call, key: string) => string
  readonly fingerprintOf: (call: Call) => string
  /** Answers a keyed request, with the work that has the effect. */
  readonly once: (context: Context, work: () => Promise<Reply>) => Promise<Reply>
  readonly replay: (reply: Reply) => Reply
  readonly slowMs: () => number
  /** The client went away before its body was there. */
  readonly onAbort: (call: Omit<Call, 'body'>) => void
  readonly onStart: (storage: Storage) => void
  /** Before the work. */
  readonly isBusy: () => boolean
  /** Before the answer leaves; `false` closes the connection instead. */
  readonly deliver: () => boolean
}

export type Context = {
  readonly storage: Storage
  readonly call: Call
  readonly scope: string
  readonly fingerprint: string
  readonly replay: Rules['replay']
  readonly response: ServerResponse
}

export const reused: Reply = { status: 422, body: '{"error":"The key was used otherwise."}' }

/** A right server: claims the key before the work, in one step. */
export const rightRules: Rules = {
  keyOf({ keys }) {
    const [header] = keys
    if (header === undefined) return undefined
    const key = header.replace(/^"(.*)"$/, '$1')
    const isKey = keys.length === 1 && /^[\x21-\x7e]{1,255}$/.test(key)
    return isKey ? key : { status: 400, body: '{"error":"Not a key."}' }
  },
  scopeOf: ({ user }, key) => `${user} ${key}`,
  fingerprintOf: ({ method, path, body }) => `${method} ${path} ${canonical(body)}`,
  async once({ storage: { replies }, scope, fingerprint, replay }, work) {
    const stored = replies.get(scope)
    if (stored !== undefined) {
      return stored.fingerprint === fingerprint ? replay(await stored.reply) : reused
    }
    const reply = work()
    replies.set(scope, { fingerprint, reply })
    const { status } = await reply
    if (status >= 400) replies.delete(scope)
    return reply
  },
  replay: (reply) => reply,
  slowMs: () => 0,
  onAbort: () => {},
  onStart: () => {},
  isBusy: () => false,
  deliver: () => true,
}

export function canonical(body: string): string {
  try {
    const members = Object.entries(JSON.parse(body))
    return JSON.stringify(members.sort(([a], [b]) => (a < b ? -1 : 1)))
  } catch {
    return body
  }
}

export type OrderServer = AsyncDisposable & {
  readonly url: URL
  readonly storage: Storage
  /** Closes every connection at once. */
  readonly kill: () => Promise<void>
  readonly start: () => Promise<void>
}

/** Takes orders at `/orders` and `/drafts`, and lists them. */
export async function startOrders(
  changed: Partial<Rules> = {},
  storage: Storage = newStorage(),
): Promise<OrderServer> {
  const rules: Rules = { ...rightRules, ...changed }
  const newServer = () =>
    createServer((request, response) => {
      serve({ rules, storage, request, response }).catch(() => response.destroy())
    })
  let server = newServer()
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    url: new URL(`http://127.0.0.1:${port}/orders`),
    storage,
    kill: close,
    async start() {
      rules.onStart(storage)
      server = newServer()
      await listen(port)
    },
    [Symbol.asyncDispose]: close,
  }
}

type Exchange = {
  readonly rules: Rules
  readonly storage: Storage
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

async function serve({ rules, storage, request, response }: Exchange): Promise<void> {
  const { method = 'GET', url: path = '/', headersDistinct } = request
  if (method === 'GET')
    return respond(response, { status: 200, body: JSON.stringify(storage.orders) })
  const user = headersDistinct['x-user']?.[0] ?? 'ann'
  const head = { method, path, user, keys: headersDistinct['idempotency-key'] ?? [] }
  const body = await bodyOf(request).catch(() => rules.onAbort(head))
  if (body === undefined) return
  if (rules.isBusy()) return respond(response, { status: 503, body: '{"error":"Busy."}' })
  const call = { ...head, body }
  const reply = await replyTo({ rules, storage, call, response })
  if (rules.deliver()) respond(response, reply)
  else response.destroy()
}

async function replyTo(options: {
  readonly rules: Rules
  readonly storage: Storage
  readonly call: Call
  readonly response: ServerResponse
}): Promise<Reply> {
  const { rules, storage, call, response } = options
  const work = async () => {
    await pause(rules.slowMs())
    return order(storage, call)
  }
  const key = rules.keyOf(call)
  if (key === undefined) return work()
  if (typeof key !== 'string') return key
  const scope = rules.scopeOf(call, key)
  const fingerprint = createHash('sha256').update(rules.fingerprintOf(call)).digest('hex')
  return rules.once({ storage, call, scope, fingerprint, replay: rules.replay, response }, work)
}

/** The effect. */
function order({ orders }: Storage, { body, user, path }: Call): Reply {
  const item = itemIn(body)
  if (item === undefined) return { status: 400, body: '{"error":"An order needs an item."}' }
  const made = { id: randomUUID(), item, user }
  orders.push(made)
  const headers = { Location: `${path}/${made.id}`, ETag: '"1"' }
  return { status: 201, headers, body: JSON.stringify(made) }
}

function itemIn(body: string): string | undefined {
  try {
    const { item } = JSON.parse(body)
    return typeof item === 'string' ? item : undefined
  } catch {
    return undefined
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function respond(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body)
}
