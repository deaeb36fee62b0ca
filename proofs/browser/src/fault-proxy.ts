import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Fault, type FaultKind, type Forwarded, planFault } from './fault.ts'

/** A call that came by: which operation, and its body to the byte. */
export type Passed = { readonly operation: string; readonly body: string }

export type CannedAnswer = { readonly status: number; readonly body: string }

export type FaultProxy = AsyncDisposable & {
  readonly url: string
  /** Every call of an operation, as it came, whatever became of it. */
  readonly passed: (operation: string) => Passed[]
  /** How each call of an operation is answered from now on, without the server; undefined: no more. */
  readonly always: (operation: string, answer: CannedAnswer | undefined) => void
  /** What is to happen to the next call of this operation. */
  readonly next: (operation: string, kind: FaultKind) => Fault
}

/** Stands between a browser and the server, and does to one call what networks do. */
export async function faultProxy(target: string): Promise<FaultProxy> {
  const calls: Passed[] = []
  const canned = new Map<string, CannedAnswer>()
  const plans: { operation: string; fault: Fault }[] = []

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await bytesOf(incoming)
    const operation = /^\/api\/trpc\/(\w+)/.exec(incoming.url ?? '')?.[1] ?? ''
    calls.push({ operation, body: body.toString() })
    const at = plans.findIndex((plan) => plan.operation === operation)
    const [plan] = at === -1 ? [] : plans.splice(at, 1)
    const send = () => forward(target, incoming, body)
    if (plan !== undefined) return plan.fault.strike(outgoing, send)
    const instead = canned.get(operation)
    if (instead !== undefined) {
      outgoing.writeHead(instead.status, { 'content-type': 'application/json' }).end(instead.body)
      return
    }
    const answer = await send()
    answer.writeTo(outgoing)
  }

  const server = createServer((incoming, outgoing) => {
    // The server behind is gone, or the browser is: both see what a network shows of that.
    serve(incoming, outgoing).catch(() => outgoing.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    passed: (operation) => calls.filter((call) => call.operation === operation),
    always(operation, answer) {
      if (answer === undefined) canned.delete(operation)
      else canned.set(operation, answer)
    },
    next(operation, kind) {
      const fault = planFault(kind)
      plans.push({ operation, fault })
      return fault
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Resolves when the whole answer is here, so that whoever drops it drops something that happened. */
function forward(target: string, incoming: IncomingMessage, body: Buffer): Promise<Forwarded> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', url = '/', headers } = incoming
    const sent = request(new URL(url, target), { method, headers }, (answer) => {
      bytesOf(answer).then((bytes) => resolve(forwarded(answer, bytes)), reject)
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

function forwarded(answer: IncomingMessage, bytes: Buffer): Forwarded {
  const writeHead = (outgoing: ServerResponse) =>
    outgoing.writeHead(answer.statusCode ?? 502, {
      ...withoutFraming(answer.headers),
      'content-length': bytes.length,
    })
  return {
    writeTo: (outgoing) => writeHead(outgoing).end(bytes),
    writeHalfTo(outgoing) {
      writeHead(outgoing).write(bytes.subarray(0, bytes.length / 2), () => outgoing.destroy())
    },
  }
}

/** The answer goes on in one piece, whatever pieces it came in. */
function withoutFraming({
  'transfer-encoding': _,
  connection: __,
  ...headers
}: IncomingMessage['headers']) {
  return headers
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await message.toArray())
}
