import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Random, seeded } from '../random.ts'
import { type Chances, draw } from './draw.ts'
import { exchangeWith, type HttpFault, type PlannedFault } from './http-fault.ts'
import { bytesOf, cut, forward } from './http-forward.ts'

/** A request as it arrived: its operation, the last word of the path, and its body to the byte. */
export type PassedRequest = { readonly operation: string; readonly body: string }

/** The response of a server of another release. */
export type CannedAnswer = { readonly status: number; readonly body: string }

export type HttpProxySettings = {
  /** Each request goes to any of these servers. */
  readonly targets: readonly string[]
  /** Chooses the server by the path instead, as a host of several services does. */
  readonly targetOf?: (path: string) => string
  readonly random?: Random
  /** How often a request meets each fault, in addition to the planned ones. */
  readonly chances?: Chances<HttpFault>
  /** Called for each request, with or without a fault. */
  readonly onRequest?: (request: PassedRequest) => void
}

export type HttpProxy = AsyncDisposable & {
  readonly url: string
  readonly requests: () => number
  /** How many requests met each fault. */
  readonly met: () => Readonly<Record<HttpFault, number>>
  /** Plans a fault for the next request of this operation. */
  readonly next: (operation: string, fault: HttpFault) => PlannedFault
  /** Answers each request of this operation without a server, until it is called without an answer. Planned faults come first. */
  readonly always: (operation: string, answer: CannedAnswer | undefined) => void
  /** Ends the random faults and those planned for later requests; resolves when no earlier request is still in progress. */
  readonly calm: () => Promise<void>
}

/** A proxy in front of servers with the faults of networks: planned ones by name, others at random. */
export async function httpProxy(settings: HttpProxySettings): Promise<HttpProxy> {
  const { targets, random: source = seeded(1), onRequest = () => {} } = settings
  // Idle connections end long before the server closes them, or a request is sent into a closed one,
  // and the page gets a fault that nobody planned.
  const agent = new Agent({ keepAlive: true, timeout: 1_000 })
  const late = new Set<Promise<unknown>>()
  const plans: Plan[] = []
  const canned = new Map<string, CannedAnswer>()
  const met = noFaults()
  let chances = settings.chances ?? {}
  let requests = 0

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await bytesOf(incoming)
    const operation = operationOf(incoming)
    onRequest({ operation, body: body.toString() })
    requests += 1
    // Forked, so that the next request's fault does not depend on how long this one takes.
    const random = source.fork(requests)
    const at = plans.findIndex((one) => one.operation === operation)
    const plan = at === -1 ? undefined : plans.splice(at, 1)[0]
    const instead = canned.get(operation)
    if (plan === undefined && instead !== undefined) {
      outgoing.writeHead(instead.status, { 'content-type': 'application/json' }).end(instead.body)
      return
    }
    const { fault, struck, released, over } = plan ?? unplanned(draw(random, chances))
    if (fault !== undefined) met[fault] += 1
    const send = () => {
      const target =
        settings.targetOf?.(incoming.url ?? '/') ?? targets[random.between(0, targets.length - 1)]
      return forward({ agent, target, incoming, body })
    }
    await exchangeWith({ fault, random, outgoing, send, afterwards, held: struck, released })
      .then(struck)
      .finally(over)
  }

  function afterwards(sent: Promise<unknown>): void {
    const over = sent.catch(() => undefined).finally(() => late.delete(over))
    late.add(over)
  }

  const server = createServer((incoming, outgoing) => {
    // The server or the client is gone; either way the other side sees a broken connection.
    serve(incoming, outgoing).catch(() => cut(outgoing))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    met: () => met,
    next(operation, fault) {
      const { plan, planned } = planFault(operation, fault)
      plans.push(plan)
      return planned
    },
    always(operation, answer) {
      if (answer === undefined) canned.delete(operation)
      else canned.set(operation, answer)
    },
    async calm() {
      chances = {}
      plans.splice(0)
      canned.clear()
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

type Plan = {
  readonly operation: string
  readonly fault: HttpFault | undefined
  readonly struck: () => void
  readonly released: Promise<void>
  readonly over: () => void
}

function planFault(operation: string, fault: HttpFault): { plan: Plan; planned: PlannedFault } {
  const struck = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()
  return {
    plan: {
      operation,
      fault,
      struck: struck.resolve,
      released: released.promise,
      over: over.resolve,
    },
    planned: {
      struck: struck.promise,
      release() {
        released.resolve()
        return over.promise
      },
    },
  }
}

/** A fault by chance: nothing waits for it, and it is never held. */
function unplanned(fault: HttpFault | undefined): Omit<Plan, 'operation'> {
  return { fault, struck: () => {}, released: Promise.resolve(), over: () => {} }
}

/** `createTodo` in `/api/trpc/createTodo?batch=1`. */
function operationOf({ url = '/' }: IncomingMessage): string {
  return /\/(\w*)[^/?]*(?:\?.*)?$/.exec(url)?.[1] ?? ''
}

function noFaults(): Record<HttpFault, number> {
  return {
    cut_before: 0,
    cut_midway: 0,
    cut_after: 0,
    late: 0,
    hang: 0,
    duplicate: 0,
    delay: 0,
    slice: 0,
    refuse: 0,
    bad_gateway: 0,
    hold: 0,
    hold_answer: 0,
  }
}
