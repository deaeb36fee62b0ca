import { once } from 'node:events'
import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../random.ts'
import { type Chances, draw } from './draw.ts'

/**
 * - `cut_before`: the request reaches no server, and the connection is gone
 * - `cut_after`: the server does it and answers; the whole answer goes under with the connection
 * - `late`: the connection is gone at once, and the request comes to a server only afterwards
 * - `hang`: the server does it and answers, and nobody hears; the connection stays open until the client gives up
 * - `duplicate`: the request comes twice, at the same time, to any of the servers; the first answer goes back
 * - `delay`: the request is held up on its way
 * - `slice`: the answer comes in pieces of a few bytes
 */
export type HttpFault =
  | 'cut_before'
  | 'cut_after'
  | 'late'
  | 'hang'
  | 'duplicate'
  | 'delay'
  | 'slice'

export type HttpProxy = AsyncDisposable & {
  readonly url: string
  readonly requests: () => number
  /** How many requests met each fault. */
  readonly met: () => Readonly<Record<HttpFault, number>>
  /** From now on nothing happens to anybody; resolves when no request is on its way that was struck before. */
  readonly calm: () => Promise<void>
}

type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

type Forwarded = {
  readonly to: string | undefined
  readonly incoming: IncomingMessage
  readonly body: Buffer
}

type Struck = {
  readonly fault: HttpFault | undefined
  readonly random: Random
  readonly outgoing: ServerResponse
  readonly send: () => Promise<Answer>
}

/** A retry has usually been answered by then. */
const latestMs = 1_500
const longestDelayMs = 200
const mostPieceBytes = 40

/** Stands in front of servers, each request to any of them, and does to some what networks do. */
export async function httpProxy(settings: {
  readonly targets: readonly string[]
  readonly random: Random
  readonly chances: Chances<HttpFault>
}): Promise<HttpProxy> {
  const { targets } = settings
  const agent = new Agent({ keepAlive: true })
  const late = new Set<Promise<unknown>>()
  const met = {
    cut_before: 0,
    cut_after: 0,
    late: 0,
    hang: 0,
    duplicate: 0,
    delay: 0,
    slice: 0,
  } satisfies Record<HttpFault, number>
  let chances = settings.chances
  let requests = 0

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await bytesOf(incoming)
    requests += 1
    // Of its own: what meets the next request does not depend on how long this one takes.
    const random = settings.random.fork(requests)
    const fault = draw(random, chances)
    if (fault !== undefined) met[fault] += 1
    const send = () =>
      forward({ to: targets[random.between(0, targets.length - 1)], incoming, body })
    await strike({ fault, random, outgoing, send })
  }

  async function strike({ fault, random, outgoing, send }: Struck): Promise<unknown> {
    switch (fault) {
      case undefined:
        return writeWhole(outgoing, await send())
      case 'cut_before':
        return cut(outgoing)
      case 'cut_after':
        await send()
        return cut(outgoing)
      case 'late':
        cut(outgoing)
        return afterwards(pause(random.between(0, latestMs)).then(send))
      case 'hang':
        return send()
      case 'duplicate': {
        const both = [send(), send()]
        for (const one of both) afterwards(one)
        return writeWhole(outgoing, await Promise.any(both))
      }
      case 'delay':
        await pause(random.between(1, longestDelayMs))
        return writeWhole(outgoing, await send())
      case 'slice':
        return writeSliced(outgoing, await send(), random)
    }
  }

  /** What nobody waits for is waited for when the weather clears. */
  function afterwards(sent: Promise<unknown>): void {
    const over = sent.catch(() => undefined).finally(() => late.delete(over))
    late.add(over)
  }

  function forward({ to, incoming, body }: Forwarded): Promise<Answer> {
    const { method, url = '/', headers } = incoming
    return new Promise((resolve, reject) => {
      const sent = request(new URL(url, to), { agent, method, headers }, (answer) => {
        const { statusCode = 502, headers: told } = answer
        bytesOf(answer).then(
          (bytes) => resolve({ status: statusCode, headers: told, body: bytes }),
          reject,
        )
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  const server = createServer((incoming, outgoing) => {
    // The server behind is gone, or the client is: both see what a network shows of that.
    serve(incoming, outgoing).catch(() => cut(outgoing))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    met: () => met,
    async calm() {
      chances = {}
      await Promise.all(late)
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      agent.destroy()
      await Promise.all(late)
    },
  }
}

function cut(outgoing: ServerResponse): void {
  outgoing.socket?.resetAndDestroy()
}

function writeHead(outgoing: ServerResponse, { status, headers, body }: Answer): ServerResponse {
  const { 'transfer-encoding': _, connection: __, ...others } = headers
  return outgoing.writeHead(status, { ...others, 'content-length': body.length })
}

function writeWhole(outgoing: ServerResponse, answer: Answer): void {
  writeHead(outgoing, answer).end(answer.body)
}

async function writeSliced(outgoing: ServerResponse, answer: Answer, random: Random) {
  writeHead(outgoing, answer)
  for (let from = 0; from < answer.body.length && outgoing.writable; ) {
    const to = from + random.between(1, mostPieceBytes)
    outgoing.write(answer.body.subarray(from, to))
    from = to
    // A turn between two pieces, or the kernel would put them together again.
    await new Promise(setImmediate)
  }
  outgoing.end()
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await message.toArray())
}
