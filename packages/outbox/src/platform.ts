import { openIndexedStorage } from './storage/indexed-storage.ts'
import type { Storage } from './storage/storage.ts'

/** The parts of the browser that the outbox uses. Tests replace them. */
export type Platform = {
  /** Milliseconds since 1970, by the device's clock, which may be set back or ahead at any time. */
  now(): number
  /** Milliseconds since an arbitrary moment. Never goes back while the page is open. */
  monotonic(): number
  /** At least 0 and less than 1. */
  random(): number
  /** Calls `run` once after `ms`, unless the returned function is called first. */
  later(ms: number, run: () => void): () => void
  /** Missing outside secure contexts. */
  readonly locks: { request: LockRequest } | undefined
  /** Opens the storage that survives the page, or rejects where there is none. `onLost`: it may have been cleared. */
  open(name: string, onLost: () => void): Promise<Storage>
  /** Asks the browser not to clear the storage by itself when the device runs out of space. */
  persist(): void
  /** Connects to the other tabs. `onChange` gets the ordering key that another tab changed, undefined if it may be any. */
  join(name: string, onChange: (orderingKey?: string) => void): Tabs
  /** Calls when it is worth trying again: the network is back, the page is shown or left. */
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
    random: Math.random,
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
  // Missing outside secure contexts. If the browser denies it, everything works as before.
  globalThis.navigator?.storage?.persist?.().catch(() => undefined)
}

function join(name: string, onChange: (orderingKey?: string) => void): Tabs {
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }) => {
    // A tab of another release may send another format.
    onChange(typeof data === 'string' ? data : undefined)
  }
  return {
    changed: (orderingKey) => channel.postMessage(orderingKey),
    leave: () => channel.close(),
  }
}

function onWake(wake: () => void): () => void {
  const watching = new AbortController()
  // Also when the page is hidden: the browser may freeze it next.
  for (const event of ['online', 'pageshow', 'visibilitychange']) {
    globalThis.window?.addEventListener(event, wake, { signal: watching.signal })
  }
  return () => watching.abort()
}
