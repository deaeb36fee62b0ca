import 'fake-indexeddb/auto'
import { expect } from 'vitest'
import { createOutbox } from './create-outbox.ts'
import type { Refusal } from './entry.ts'
import type { Outbox, OutboxOptions, Snapshot } from './outbox.ts'
import type { Platform } from './platform.ts'
import { openIndexedStorage } from './storage/indexed-storage.ts'
import type { Cancelled, Outgoing, Transport } from './transport.ts'

export type Words = { readonly text: string; readonly version?: number }
export type Answer = { readonly version: number }
export type Tab = Outbox<Words, Answer, Refusal>
/** The server's reply to an attempt; an error that it throws is no answer. */
export type Reply =
  | { readonly state: 'answered'; readonly answer: Answer }
  | { readonly state: 'refused'; readonly refusal: Refusal }

type Options = OutboxOptions<Words, Answer, Refusal>

/** Tests only: one browser with a manual clock, one database, and a scripted server. */
export function createWorld() {
  worlds += 1
  const name = `test-${worlds}`
  const listeners = new Set<(orderingKey?: string) => void>()
  const wakes = new Set<() => void>()
  const timers = new Set<{ at: number; run: () => void }>()
  const attempts: (Outgoing<Words> & { tab: number })[] = []
  const cancels: Outgoing<Words>[] = []
  const running = new Set<() => void>()
  let monotonic = 1_000
  let clock = Date.parse('2026-01-02T03:04:05.000Z')
  let tabs = 0

  const world = {
    name,
    attempts,
    cancels,
    persistAsked: 0,
    now: () => clock,
    /** The server; throws for an answer that does not arrive. */
    serve: async (_sent: Outgoing<Words>, _signal: AbortSignal): Promise<Reply> => answered(1),
    cancel: async (_sent: Outgoing<Words>): Promise<Cancelled<Answer>> => ({ state: 'cancelled' }),
    epoch: async () => 'epoch 1',
    remint: (async () => undefined) as NonNullable<Transport<Words, Answer, Refusal>['remint']>,
    freeze: ((intent, predecessor) =>
      intent.text === 'unsendable'
        ? { state: 'refused', refusal: { retry: 'ask_person' } }
        : { state: 'frozen', body: { ...intent, ...predecessor } }) as NonNullable<
      Transport<Words, Answer, Refusal>['freeze']
    >,
    wake(): void {
      for (const wake of wakes) wake()
    },

    advance(ms: number): void {
      clock += ms
      monotonic += ms
      for (const timer of [...timers].filter(({ at }) => at <= monotonic)) {
        if (timers.delete(timer)) timer.run()
      }
    },
    /** A person or the system sets the device's clock; no time passes. */
    setClock(byMs: number): void {
      clock += byMs
    },

    platform(): Platform {
      return {
        now: () => clock,
        monotonic: () => monotonic,
        random: () => 1 - Number.EPSILON,
        later(ms, run) {
          const timer = { at: monotonic + ms, run }
          timers.add(timer)
          return () => timers.delete(timer)
        },
        locks: undefined,
        open: openIndexedStorage,
        persist() {
          world.persistAsked += 1
        },
        join(_name, onChange) {
          listeners.add(onChange)
          return {
            changed(orderingKey) {
              for (const other of listeners) {
                if (other !== onChange) queueMicrotask(() => other(orderingKey))
              }
            },
            leave: () => listeners.delete(onChange),
          }
        },
        onWake(wake) {
          wakes.add(wake)
          return () => wakes.delete(wake)
        },
      }
    },

    /** A page of this browser. A second call is a second tab, or the page after a reload. */
    open(changes: Partial<Platform> = {}, options: Partial<Options> = {}): Tab & { close(): void } {
      tabs += 1
      const tab = tabs
      const outbox = createOutbox<Words, Answer, Refusal>({
        name,
        async send(outgoing, signal) {
          attempts.push({ ...outgoing, tab })
          const reply = await world.serve(outgoing, signal)
          if (reply.state === 'refused') throw new RefusedError(reply.refusal)
          return reply.answer
        },
        refusalOf: (error) => (error instanceof RefusedError ? error.refusal : undefined),
        freeze: (...known) => world.freeze(...known),
        remint: (outgoing, refusal, signal) => world.remint(outgoing, refusal, signal),
        async cancel(outgoing) {
          cancels.push(outgoing)
          return world.cancel(outgoing)
        },
        readEpoch: () => world.epoch(),
        ...options,
        platform: { ...world.platform(), ...changes },
      })
      const close = outbox.start()
      running.add(close)
      return { ...outbox, close }
    },

    async [Symbol.asyncDispose]() {
      for (const close of running) close()
    },
  }
  return world
}

let worlds = 0

export class RefusedError extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super('Refused.')
    this.refusal = refusal
  }
}

/** The guarantees of the browser's locks that the outbox uses. */
export function createLocks(): NonNullable<Platform['locks']> {
  const queues = new Map<string, Promise<unknown>>()
  return {
    async request(name, { signal }, work) {
      const before = queues.get(name) ?? Promise.resolve()
      const aborted = new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
      const granted = Promise.race([before, aborted])
      const released = granted.then(work)
      queues.set(name, Promise.allSettled([before, released]))
      return released
    },
  }
}

export function answered(version: number): Reply {
  return { state: 'answered', answer: { version } }
}

export function refused(retry: Refusal['retry'], more: Partial<Refusal> = {}): Reply {
  return { state: 'refused', refusal: { retry, ...more } }
}

export function words(text: string, orderingKey = text) {
  return { key: `key of ${text}`, orderingKey, intent: { text } }
}

/** Resolves with the first snapshot that matches. */
export function seen(
  tab: Tab,
  wished: (snapshot: Snapshot<Words, Answer, Refusal>) => boolean,
): Promise<Snapshot<Words, Answer, Refusal>> {
  return new Promise((resolve) => {
    const look = () => {
      if (!wished(tab.getSnapshot())) return
      stop()
      resolve(tab.getSnapshot())
    }
    const stop = tab.subscribe(look)
    look()
  })
}

export function states(tab: Tab): string[] {
  return tab.getSnapshot().entries.map(({ status }) => status.state)
}

export const isEmpty = ({ ready, entries }: Snapshot<Words, Answer, Refusal>) =>
  ready && entries.length === 0

export const allSettled = (tab: Tab) => seen(tab, isEmpty)

export const isWaiting = ({ entries: [entry] }: Snapshot<Words, Answer, Refusal>) =>
  entry?.status.state === 'waiting'

export const needsPerson = ({ entries: [entry] }: Snapshot<Words, Answer, Refusal>) =>
  entry?.status.state === 'needs_person'

/** Waits for a snapshot; fails in a few seconds, not when the test runs out of time. */
export async function soon(
  tab: Tab,
  wished: (snapshot: Snapshot<Words, Answer, Refusal>) => boolean,
): Promise<Snapshot<Words, Answer, Refusal>> {
  await expect.poll(() => wished(tab.getSnapshot()), { timeout: 4_000 }).toBe(true)
  return tab.getSnapshot()
}

/** Resolves when all work that needs no time is done. */
export async function quiet(tab: Tab): Promise<void> {
  for (let round = 0; round < 20; round += 1) await tab.readNote('nothing')
}

/** A reader for tests of the parts: everything is known. */
export const anyReader = { transport: {}, account: '', now: () => 0 }
