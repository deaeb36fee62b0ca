import { openIndexedStorage } from './indexed-storage.ts'
import type { Storage } from './storage.ts'

/** What the outbox needs of the world around it. A test brings its own. */
export type Platform = {
  /** Milliseconds since 1970. */
  now(): number
  /** At least 0 and less than 1. */
  random(): number
  /** Runs once after so many milliseconds, unless the function it returns is called before. */
  later(ms: number, run: () => void): () => void
  /** Missing outside secure contexts. */
  readonly locks: { request: LockRequest } | undefined
  /** Opens the storage that outlives the page, or throws where there is none. */
  open(name: string): Promise<Storage>
  /** Talks with the other tabs: `hear` is called for each word of another. */
  join(name: string, hear: () => void): { tell(): void; leave(): void }
  /** Calls when trying again is worth while: the network is back, the page is looked at. */
  onWake(wake: () => void): () => void
}

type LockRequest = (
  name: string,
  options: { signal: AbortSignal },
  work: () => Promise<void>,
) => Promise<unknown>

export function browserPlatform(): Platform {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    later(ms, run) {
      const timer = setTimeout(run, ms)
      return () => clearTimeout(timer)
    },
    locks: globalThis.navigator?.locks,
    open: openIndexedStorage,
    join,
    onWake,
  }
}

function join(name: string, hear: () => void): { tell(): void; leave(): void } {
  if (typeof BroadcastChannel === 'undefined') return { tell() {}, leave() {} }
  const channel = new BroadcastChannel(name)
  channel.onmessage = hear
  return { tell: () => channel.postMessage('changed'), leave: () => channel.close() }
}

function onWake(wake: () => void): () => void {
  if (typeof window === 'undefined') return () => undefined
  const wakeIfSeen = () => {
    if (document.visibilityState === 'visible') wake()
  }
  window.addEventListener('online', wake)
  window.addEventListener('pageshow', wake)
  document.addEventListener('visibilitychange', wakeIfSeen)
  return () => {
    window.removeEventListener('online', wake)
    window.removeEventListener('pageshow', wake)
    document.removeEventListener('visibilitychange', wakeIfSeen)
  }
}
