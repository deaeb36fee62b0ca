import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../random.ts'
import { type Chances, draw } from './draw.ts'
import {
  createFrames,
  errorResponse,
  type Frame,
  fatal,
  isPart,
  statementOf,
} from './postgres-frames.ts'
import { connectTo, proxiedUrl } from './proxy-target.ts'

export type Fault =
  /** The message does not reach the server, and the connection is gone. */
  | 'cut_before'
  /** The server executes it and answers; the connection is cut before the answer passes. */
  | 'cut_after'
  /** The server executes it and answers; the answer is dropped and the connection stays open and silent. */
  | 'swallow_answer'
  /** The server executes it; its answer is replaced by bytes that no client can parse. */
  | 'garble_answer'
  /** The message and all later ones do not reach the server; the connection stays open and silent. */
  | 'hang'
  /** The message and all later ones arrive after this delay. */
  | { readonly delayMs: number }
  /** Like `cut_before`, after this action, which may kill the process at either end. */
  | { readonly before: () => Promise<unknown> }
  /** Like `cut_after`, after this action. */
  | { readonly after: () => Promise<unknown> }
  /** The server executes it and answers; the client gets an error of this SQLSTATE instead, on a connection that stays open. */
  | { readonly answer: string }
  /** The server executes it and the client gets the answer; then the action runs. */
  | { readonly heard: () => Promise<unknown> }

/** The random faults; the length of a delay is random as well. */
export type Gust = Extract<Fault, string> | 'delay'

export type PostgresProxy = AsyncDisposable & {
  readonly url: string
  /**
   * Applies a fault to the next message with this statement, matched by its complete text
   * (`COMMIT` is also a word in `READ COMMITTED`) or by a pattern. Resolves when it has.
   */
  readonly strike: (statement: string | RegExp, fault: Fault) => Promise<void>
  /** Reports each statement until the returned function is called. */
  readonly watch: (observer: (statement: string) => void) => () => void
  /** From now on any message with a statement may meet a random fault. */
  readonly storm: (random: Random, chances: Chances<Gust>) => void
  /** Ends the random faults and cuts silent connections. Returns how many messages met a fault. */
  readonly calm: () => number
  /** Refuses connections from now on: by a closed port, or with this SQLSTATE. */
  readonly refuse: (state?: string) => Promise<void>
  readonly accept: () => Promise<void>
  /** Cuts all connections and returns how many there were. */
  readonly cutAll: () => number
  /** From now on all data arrive in pieces of 1 to `mostBytes` bytes. */
  readonly slice: (random: Random, mostBytes: number) => void
}

type Strike = { statement: string | RegExp; fault: Fault; struck: () => void }
type Link = {
  client: Socket
  database: Socket
  /** The frames of a message that is not complete. */
  message: Frame[]
  /** Whether the last message ended in a Flush: the client reads its answer before it sends the rest. */
  isFlushed: boolean
  mood: 'fair' | 'silent' | 'cut_when_answered' | 'tell_when_heard' | 'garble' | 'deny'
  /** The SQLSTATE of the error that replaces the next answer. */
  denial: string
  /** The action of the fault. */
  act: () => Promise<unknown>
}

const nothing = async () => undefined

/** Well within a statement's 3 s, and above the 10 ms for which a batch waits for a lock. */
const longestDelayMs = 500

/** A message with an unknown type byte. */
const unreadable = Buffer.from([0x7a, 0, 0, 0, 4])

/** A proxy in front of PostgreSQL that can drop, cut, delay or slice messages. */
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
      message: [],
      isFlushed: false,
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

  /** Closes the other side too, without a reset. A silent connection does not even show that. */
  function leave(link: Link): void {
    if (link.mood !== 'silent') close(link)
  }

  function cut(link: Link): void {
    link.client.resetAndDestroy()
    close(link)
  }

  function close(link: Link): void {
    links.delete(link)
    link.client.destroy()
    link.database.destroy()
  }

  /**
   * A client writes all frames up to a Sync at once, so a message that never arrives is all of them: a
   * part of them would keep the session waiting for the rest, for ever.
   */
  async function towardsServer(link: Link, frame: Frame): Promise<void> {
    link.message.push(frame)
    if (isPart(frame)) return
    const message = link.message.splice(0).map((each) => ({ frame: each, fault: faultFor(each) }))
    if (message.some(({ fault }) => fault === 'hang')) {
      link.mood = 'silent'
      await once(link.database, 'close')
    }
    link.isFlushed = frame.type === 'H'
    for (const each of message) await sendOn(link, each.frame, each.fault)
  }

  async function sendOn(link: Link, frame: Frame, fault: Fault | undefined): Promise<void> {
    if (fault === 'cut_before') return cut(link)
    if (typeof fault === 'object') await obey(link, fault)
    if (fault === 'cut_after') link.mood = 'cut_when_answered'
    if (fault === 'swallow_answer') link.mood = 'silent'
    if (fault === 'garble_answer') link.mood = 'garble'
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
    if (link.mood === 'fair' || link.isFlushed) return write(link.client, frame.bytes)
    // ReadyForQuery: the answer is complete and its effect is committed.
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
    for (const observer of watchers) observer(named)
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
      // One turn of the event loop between two pieces, or the kernel would join them.
      if (from < bytes.length) await new Promise(setImmediate)
    }
  }

  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address() as AddressInfo

  return {
    url: proxiedUrl(target, address),
    strike(statement, fault) {
      return new Promise((struck) => {
        strikes.push({ statement, fault, struck })
      })
    },
    watch(observer) {
      watchers.add(observer)
      return () => watchers.delete(observer)
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
      // Existing connections stay open; `close` would wait for them, so it is not awaited.
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

/** Passes one message after the other: later messages wait behind a delayed one. */
async function carry(
  socket: Socket,
  framesOf: (chunk: Buffer) => Frame[],
  pass: (frame: Frame) => Promise<void>,
): Promise<void> {
  try {
    for await (const chunk of socket) for (const frame of framesOf(chunk)) await pass(frame)
  } catch {
    // Cut; the other end closes when this one does.
  }
}
