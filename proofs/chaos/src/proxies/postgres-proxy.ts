import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { addressOf, connectTo } from '@idem/database/detour'
import type { Random } from '../random.ts'
import { type Chances, draw } from './draw.ts'
import { createFrames, errorResponse, type Frame, fatal, statementOf } from './postgres-frames.ts'

export type Fault =
  /** The message does not reach the server, and the connection is gone. */
  | 'cut_before'
  /** The server does it and answers; the answer goes under with the connection. */
  | 'cut_after'
  /** The server does it and answers, and nobody hears; the connection stays open and silent. */
  | 'swallow_answer'
  /** The server does it; its answer comes as something that no client can read. */
  | 'garble_answer'
  /** The message and all that follows it are kept from the server; the connection stays open and silent. */
  | 'hang'
  /** The message and all that follows it come so much later. */
  | { readonly delayMs: number }
  /** Like `cut_before`, once this is done: the process at either end may be killed by it. */
  | { readonly before: () => Promise<unknown> }
  /** Like `cut_after`, once this is done. */
  | { readonly after: () => Promise<unknown> }
  /** The server does it and answers; the client gets an error of this SQLSTATE instead, on a connection that stays open. */
  | { readonly answer: string }
  /** The server does it and the client hears; then this is done. */
  | { readonly heard: () => Promise<unknown> }

/** The faults of a storm; a delay is drawn as well. */
export type Gust = Extract<Fault, string> | 'delay'

export type PostgresProxy = AsyncDisposable & {
  readonly url: string
  /**
   * Strikes the next message that names this statement, by the whole of its text
   * (`COMMIT` is also a word in `READ COMMITTED`) or by a pattern. Resolves when it has.
   */
  readonly strike: (statement: string | RegExp, fault: Fault) => Promise<void>
  /** Tells each statement that is named by a message, until the function it returns is called. */
  readonly watch: (told: (statement: string) => void) => () => void
  /** From now on any message that names a statement may be struck. */
  readonly storm: (random: Random, chances: Chances<Gust>) => void
  /** The storm is over: connections that have fallen silent are cut. Says how many messages it has struck. */
  readonly calm: () => number
  /** No connection is taken from now on: nobody listens, or whoever does says this state. */
  readonly refuse: (state?: string) => Promise<void>
  readonly accept: () => Promise<void>
  /** Cuts every connection there is; says how many there were. */
  readonly cutAll: () => number
  /** From now on everything arrives in pieces of one to so many bytes. */
  readonly slice: (random: Random, mostBytes: number) => void
}

type Strike = { statement: string | RegExp; fault: Fault; struck: () => void }
type Link = {
  client: Socket
  database: Socket
  mood: 'fair' | 'silent' | 'cut_when_answered' | 'tell_when_heard' | 'garble' | 'deny'
  /** The SQLSTATE of the error that replaces the next answer. */
  denial: string
  /** What is done at that moment. */
  act: () => Promise<unknown>
}

const nothing = async () => undefined

/** Well within a statement's 3 s, and above a lock's 50 ms in a group. */
const longestDelayMs = 500

/** A message of a kind that does not exist. */
const unreadable = Buffer.from([0x7a, 0, 0, 0, 4])

/** A way to a PostgreSQL on which what is sent can be kept, cut, held up or torn to pieces. */
export async function postgresProxy(target: string): Promise<PostgresProxy> {
  const links = new Set<Link>()
  const watchers = new Set<(statement: string) => void>()
  let strikes: Strike[] = []
  let refusal: string | undefined
  let piece = (left: number) => left
  let gust = (): Fault | undefined => undefined
  let gusts = 0

  const server = createServer((client) => {
    client.on('error', () => undefined)
    if (refusal !== undefined) {
      const said = fatal(refusal)
      client.once('data', () => client.end(said))
      return
    }
    const link: Link = {
      client,
      database: connectTo(target),
      mood: 'fair',
      denial: '',
      act: nothing,
    }
    links.add(link)
    link.database.on('error', () => undefined)
    client.setNoDelay().on('close', () => leave(link))
    link.database.setNoDelay().on('close', () => leave(link))
    void carry(client, createFrames('client'), (frame) => towardsServer(link, frame))
    void carry(link.database, createFrames('server'), (frame) => towardsClient(link, frame))
  })

  /** A connection that has fallen silent does not even tell one side that the other has given it up. */
  function leave(link: Link): void {
    if (link.mood !== 'silent') cut(link)
  }

  function cut(link: Link): void {
    links.delete(link)
    link.client.resetAndDestroy()
    link.database.destroy()
  }

  async function towardsServer(link: Link, frame: Frame): Promise<void> {
    const fault = faultFor(frame)
    if (fault === 'cut_before') return cut(link)
    if (typeof fault === 'object') await obey(link, fault)
    if (fault === 'cut_after') link.mood = 'cut_when_answered'
    if (fault === 'swallow_answer') link.mood = 'silent'
    if (fault === 'garble_answer') link.mood = 'garble'
    if (fault === 'hang') {
      link.mood = 'silent'
      await once(link.database, 'close')
    }
    await write(link.database, frame.bytes)
  }

  async function obey(link: Link, fault: Extract<Fault, object>): Promise<void> {
    if ('delayMs' in fault) await pause(fault.delayMs)
    if ('before' in fault) {
      await fault.before()
      cut(link)
    }
    if ('answer' in fault) Object.assign(link, { mood: 'deny', denial: fault.answer })
    if ('after' in fault) Object.assign(link, { mood: 'cut_when_answered', act: fault.after })
    if ('heard' in fault) Object.assign(link, { mood: 'tell_when_heard', act: fault.heard })
  }

  async function towardsClient(link: Link, frame: Frame): Promise<void> {
    if (link.mood === 'fair') return write(link.client, frame.bytes)
    // Ready for the next query: the answer to this one is complete, and what it did is committed.
    if (link.mood === 'cut_when_answered' && frame.type === 'Z') {
      await link.act()
      return cut(link)
    }
    if (link.mood === 'tell_when_heard') {
      await write(link.client, frame.bytes)
      if (frame.type !== 'Z') return
      link.mood = 'fair'
      await link.act()
    }
    if (link.mood === 'deny' && frame.type === 'Z') {
      link.mood = 'fair'
      return write(link.client, Buffer.concat([errorResponse('ERROR', link.denial), frame.bytes]))
    }
    if (link.mood === 'garble') {
      link.mood = 'fair'
      return write(link.client, unreadable)
    }
  }

  function faultFor(frame: Frame): Fault | undefined {
    const named = statementOf(frame)
    if (named === undefined) return undefined
    for (const told of watchers) told(named)
    const strike = strikes.find(({ statement }) =>
      typeof statement === 'string' ? statement === named : statement.test(named),
    )
    if (strike === undefined) return gust()
    strikes = strikes.filter((other) => other !== strike)
    strike.struck()
    return strike.fault
  }

  async function write(socket: Socket, bytes: Buffer): Promise<void> {
    for (let from = 0; from < bytes.length && socket.writable; ) {
      const to = from + piece(bytes.length - from)
      socket.write(bytes.subarray(from, to))
      from = to
      // A turn between two pieces, or the kernel would put them together again.
      if (from < bytes.length) await new Promise(setImmediate)
    }
  }

  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address() as AddressInfo

  return {
    url: addressOf(target, address),
    strike(statement, fault) {
      return new Promise((struck) => {
        strikes.push({ statement, fault, struck })
      })
    },
    watch(told) {
      watchers.add(told)
      return () => watchers.delete(told)
    },
    storm(random, chances) {
      gust = () => {
        const drawn = draw(random, chances)
        if (drawn === undefined) return undefined
        gusts += 1
        return drawn === 'delay' ? { delayMs: random.between(1, longestDelayMs) } : drawn
      }
    },
    calm() {
      gust = () => undefined
      for (const link of links) if (link.mood === 'silent') cut(link)
      return gusts
    },
    async refuse(state) {
      refusal = state
      // Connections that are there stay; `close` would wait for them, and is not waited for.
      if (state === undefined && server.listening) server.close()
    },
    async accept() {
      refusal = undefined
      if (!server.listening) await once(server.listen(address.port, address.address), 'listening')
    },
    cutAll() {
      const { size } = links
      for (const link of links) cut(link)
      return size
    },
    slice(random, mostBytes) {
      piece = (left) => random.between(1, Math.min(left, mostBytes))
    },
    async [Symbol.asyncDispose]() {
      for (const link of links) cut(link)
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** One message after the other: what comes behind one that is held up waits with it. */
async function carry(
  socket: Socket,
  framesOf: (chunk: Buffer) => Frame[],
  pass: (frame: Frame) => Promise<void>,
): Promise<void> {
  try {
    for await (const chunk of socket) for (const frame of framesOf(chunk)) await pass(frame)
  } catch {
    // Cut; whoever is at the other end is told when this one closes.
  }
}
