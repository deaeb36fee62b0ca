import { setTimeout as pause } from 'node:timers/promises'
import { createRequest } from '../requests/create-requests.ts'
import { connected, createExchange } from '../requests/exchange.ts'
import { quantile } from '../results/statistics.ts'
import { ask, type BenchDatabase } from '../servers/bench-database.ts'
import { residentMb } from '../servers/process-usage.ts'
import { type App, startApp } from './start-app.ts'

export type IdlePlan = {
  readonly database: BenchDatabase
  readonly connections: number
  /** How long all of them are held open. */
  readonly seconds: number
}

export type IdleConnections = {
  /** With the default limit of connections. */
  readonly byDefault: Opened
  /** With a limit above the number of connections. */
  readonly raised: Opened & Held
}

export type Opened = {
  /** Connections whose create was answered. */
  readonly answered: number
  /** Connections that the server closed without an answer. */
  readonly refused: number
  /** Todos afterwards: a refused connection creates none. */
  readonly created: number
}

/** Resident memory in MB. */
export type Held = {
  readonly startMb: number
  /** The highest sample while all connections were open. */
  readonly heldMb: number
  /** After the server closed the connections, because they sent nothing more. */
  readonly afterMb: number
  /** Connections that were open until the end, and those that the server then closed. */
  readonly held: number
  readonly closed: number
  /** Of `/readyz` on new connections meanwhile. */
  readonly readyP99Ms: number
}

/** Fewer than the writes that are admitted at once. */
const openedAtOnce = 100
/** The server closes a connection after 5 s without a request; a pool of a client sends one before. */
const keepWarmMs = 3_000
/** Enough for the server to close all connections that send nothing. */
const closedWithinMs = 10_000

export async function measureIdleConnections(plan: IdlePlan): Promise<IdleConnections> {
  return { byDefault: await openByDefault(plan), raised: await holdAll(plan) }
}

async function openByDefault({ database, connections }: IdlePlan): Promise<Opened> {
  await using scratch = await database.scratch('idle')
  await using app = await startApp(scratch.url)
  await using opened = await openAll(app, connections)
  return { ...opened.counts(), created: await todosIn(scratch.url) }
}

async function holdAll({ database, connections, seconds }: IdlePlan): Promise<Opened & Held> {
  await using scratch = await database.scratch('idle')
  // As docs/scaling.md says for many connections, and a few more for the requests to `/readyz`.
  const settings = {
    IDEM_MAX_CONNECTIONS: String(connections + 100),
    NODE_OPTIONS: '--max-semi-space-size=4',
  }
  await using app = await startApp(scratch.url, settings)
  const startMb = residentMb(app.pid)
  await using opened = await openAll(app, connections)
  const samplesMb: number[] = []
  const readyMs: number[] = []
  const until = performance.now() + seconds * 1_000
  while (performance.now() < until) {
    readyMs.push(await timeToReady(app))
    samplesMb.push(residentMb(app.pid))
    await pause(100)
  }
  const held = opened.open()
  opened.rest()
  await pause(closedWithinMs)
  return {
    ...opened.counts(),
    created: await todosIn(scratch.url),
    startMb,
    heldMb: Math.max(...samplesMb),
    afterMb: residentMb(app.pid),
    held,
    closed: held - opened.open(),
    readyP99Ms: quantile(readyMs.toSorted(ascending), 0.99),
  }
}

/** Opens connections that send one create each, and then a small request every few seconds. */
async function openAll(app: App, connections: number) {
  const { hostname, port } = new URL(app.origin)
  const counts = { answered: 0, refused: 0 }
  const resting = new AbortController()
  const sockets: Awaited<ReturnType<typeof connected>>[] = []

  async function openOne(): Promise<void> {
    const socket = await connected(hostname, Number(port))
    const exchange = createExchange(socket)
    const isAnswered = await exchange(createText(app)).then(
      ({ status }) => status === 200,
      () => false,
    )
    counts[isAnswered ? 'answered' : 'refused'] += 1
    if (!isAnswered) return
    sockets.push(socket)
    void keepWarm(exchange)
  }

  async function keepWarm(exchange: ReturnType<typeof createExchange>): Promise<void> {
    try {
      for (;;) {
        await pause(keepWarmMs, undefined, { signal: resting.signal })
        await exchange(getText(app, '/healthz'))
      }
    } catch {
      // It rests, or the server closed it, which `open` shows.
    }
  }

  for (let at = 0; at < connections; at += openedAtOnce) {
    const batch = Math.min(openedAtOnce, connections - at)
    await Promise.all(Array.from({ length: batch }, openOne))
  }
  return {
    counts: () => ({ ...counts }),
    open: () => sockets.filter(({ destroyed }) => !destroyed).length,
    /** Nothing more is sent. */
    rest: () => resting.abort(),
    async [Symbol.asyncDispose]() {
      resting.abort()
      for (const socket of sockets) socket.destroy()
    },
  }
}

async function timeToReady(app: App): Promise<number> {
  const { hostname, port } = new URL(app.origin)
  const begun = performance.now()
  const socket = await connected(hostname, Number(port))
  const { status, body } = await createExchange(socket)(getText(app, '/readyz'))
  socket.destroy()
  if (status !== 200) throw new Error(`/readyz: ${status} ${body}`)
  return performance.now() - begun
}

function getText({ origin }: App, path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: ${new URL(origin).host}\r\n\r\n`
}

function createText({ url }: App): string {
  const { host, pathname } = new URL(url)
  const { body } = createRequest()
  return `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
}

async function todosIn(url: string): Promise<number> {
  return Number((await ask(url, 'select count(*)::int as todos from todo'))[0]?.todos)
}

function ascending(one: number, other: number): number {
  return one - other
}
