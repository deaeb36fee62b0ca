import 'fake-indexeddb/auto'
import { createOutbox } from './create-outbox.ts'
import type { Advised } from './entry.ts'
import { openIndexedStorage } from './indexed-storage.ts'
import type { Outbox, Snapshot } from './outbox.ts'
import type { Platform } from './platform.ts'
import type { Outgoing, Sent, Transport } from './transport.ts'

export type Words = { readonly say: string; readonly version?: number }
export type Answer = { readonly version: number }
export type Tab = Outbox<Words, Answer, Advised>
export type Said = Sent<Answer, Advised>

/** Tests only: one browser with a clock that stands still, one database, and a server that does as told. */
export function createWorld() {
  worlds += 1
  const name = `test-${worlds}`
  const hears = new Set<() => void>()
  const wakes = new Set<() => void>()
  const timers = new Set<{ at: number; run: () => void }>()
  const attempts: (Outgoing<Words> & { tab: number })[] = []
  const running = new Set<() => void>()
  let time = Date.parse('2026-01-02T03:04:05.000Z')
  let tabs = 0

  const world = {
    name,
    attempts,
    now: () => time,
    /** What the server does; throws for an answer that does not arrive. */
    serve: async (_sent: Outgoing<Words>, _signal: AbortSignal): Promise<Said> => answered(1),
    remint: (async () => undefined) as Transport<Words, Answer, Advised>['remint'],
    freeze: ((intent, predecessor) =>
      intent.say === 'unsendable'
        ? { state: 'refused', refusal: { retry: 'ask_person' } }
        : { state: 'frozen', body: { ...intent, ...predecessor } }) as Transport<
      Words,
      Answer,
      Advised
    >['freeze'],
    wake(): void {
      for (const wake of wakes) wake()
    },

    advance(ms: number): void {
      time += ms
      for (const timer of [...timers].filter(({ at }) => at <= time)) {
        if (timers.delete(timer)) timer.run()
      }
    },

    platform(): Platform {
      return {
        now: () => time,
        random: () => 1 - Number.EPSILON,
        later(ms, run) {
          const timer = { at: time + ms, run }
          timers.add(timer)
          return () => timers.delete(timer)
        },
        locks: undefined,
        open: openIndexedStorage,
        join(_name, hear) {
          hears.add(hear)
          return {
            tell() {
              for (const other of hears) if (other !== hear) queueMicrotask(other)
            },
            leave: () => hears.delete(hear),
          }
        },
        onWake(wake) {
          wakes.add(wake)
          return () => wakes.delete(wake)
        },
      }
    },

    /** A page of this browser. A second call is a second tab, or the page after a reload. */
    open(changes: Partial<Platform> = {}): Tab & { close(): void } {
      tabs += 1
      const tab = tabs
      const outbox = createOutbox<Words, Answer, Advised>({
        name,
        send: (outgoing, signal) => {
          attempts.push({ ...outgoing, tab })
          return world.serve(outgoing, signal)
        },
        freeze: (intent, predecessor) => world.freeze(intent, predecessor),
        remint: (outgoing, refusal) => world.remint(outgoing, refusal),
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

/** What the browser's locks promise, less what the outbox does not use. */
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

export function answered(version: number): Said {
  return { state: 'answered', answer: { version } }
}

export function refused(retry: Advised['retry'], more: Partial<Advised> = {}): Said {
  return { state: 'refused', refusal: { retry, ...more } }
}

export function words(say: string, orderingKey = say): Parameters<Tab['add']>[0] {
  return { key: `key of ${say}`, orderingKey, intent: { say } }
}

/** Resolves with the first snapshot that is as wished. */
export function seen(
  tab: Tab,
  wished: (snapshot: Snapshot<Words, Answer, Advised>) => boolean,
): Promise<Snapshot<Words, Answer, Advised>> {
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

export const allSettled = (tab: Tab) =>
  seen(tab, ({ ready, entries }) => ready && entries.length === 0)

/** Resolves when whatever could go on without time passing has gone on. */
export async function quiet(tab: Tab): Promise<void> {
  for (let round = 0; round < 20; round += 1) await tab.readNote('nothing')
}
