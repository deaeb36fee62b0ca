import { openIndexedStorage } from './storage/indexed-storage.ts'
import type { Storage } from './storage/storage.ts'

/** What the outbox needs of the world around it. A test brings its own. */
export type Platform = {
  /** Milliseconds since 1970, by the device's clock, which may be set back or ahead at any time. */
  now(): number
  /** Milliseconds since some moment; never goes back while the page lives. */
  monotonic(): number
  /** At least 0 and less than 1. */
  random(): number
  /** Runs once after so many milliseconds, unless the function it returns is called before. */
  later(ms: number, run: () => void): () => void
  /** Missing outside secure contexts. */
  readonly locks: { request: LockRequest } | undefined
  /** Opens the storage that outlives the page, or throws where there is none. `onLost`: it may have been cleared. */
  open(name: string, onLost: () => void): Promise<Storage>
  /** Asks the browser not to clear the storage by itself when the device runs out of space. */
  persist(): void
  /** Talks with the other tabs: `hear` gets the ordering key another changed, or nothing when it may be any. */
  join(name: string, hear: (orderingKey?: string) => void): Tabs
  /** Calls when trying again is worth while: the network is back, the page is shown or left. */
  onWake(wake: () => void): () => void
}

export type Tabs = { changed(orderingKey?: string): void; leave(): void }

type LockRequest = (
  name: string,
  options: { signal: AbortSignal },
  work: () => Promise<void>,
) => Promise<unknown>

export function browserPlatform(): Platform {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    random: () => Math.random(),
    later(ms, run) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
    locks: globalThis.navigator?.locks,
    open: openIndexedStorage,
    persist,
    join,
    onWake,
  }
}

function persist(): void {
  // Missing outside secure contexts. Denied, it works as before.
  globalThis.navigator?.storage?.persist?.().catch(() => undefined)
}

function join(name: string, hear: (orderingKey?: string) => void): Tabs {
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }) => {
    // A tab of another release may say something else.
    hear(typeof data === 'string' ? data : undefined)
  }
  return {
    changed: (orderingKey) => channel.postMessage(orderingKey),
    leave: () => channel.close(),
  }
}

function onWake(wake: () => void): () => void {
  const watching = new AbortController()
  // A page that is left may be frozen next, so that is a good moment too.
  for (const event of ['online', 'pageshow', 'visibilitychange']) {
    globalThis.window?.addEventListener(event, wake, { signal: watching.signal })
  }
  return () => watching.abort()
}
