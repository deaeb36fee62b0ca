import { type Entry, isKnown, type StoredEntry, type StoredStatus } from '../entry.ts'
import type { Platform } from '../platform.ts'

/** A browser opens six connections to one server over HTTP/1.1; two stay free for reading. */
const parallel = 4
/** After the storage itself failed there is nothing on disk to count attempts with. */
const firstTroubleMs = 5_000
/** Timers are throttled and miss what happens while a device sleeps, so nobody sleeps longer than this. */
const longestSleepMs = 60_000

export type Schedule = {
  /** The entries as they now are. Sends what is due. */
  offer(entries: readonly StoredEntry[]): void
  isDue(entry: Entry): boolean
  /** Something suggests that the server can be reached: waits are cut short, unless the server named them. */
  wake(): void
  /** A person said so: all waits end. */
  wakeAll(): void
  stop(): void
}

/** A wait as this page first saw it. */
type Sighting = {
  readonly wait: string
  /** On the monotonic clock. */
  readonly until: number
  readonly wakes: number
  readonly allWakes: number
}

type Waiting = Extract<StoredStatus, { state: 'waiting' }>

/**
 * Decides which ordering keys are sent now and when to look again. Different
 * ones do not wait for each other. A wait is measured by the page's monotonic
 * clock from when the page first saw it, and wake-ups are counted: the device's
 * clock may be set back by an hour, and then every wait of that hour would seem
 * to lie before the last wake-up, and each attempt would be followed by the next
 * without a pause.
 */
export function createSchedule(
  deliver: (orderingKey: string) => Promise<void>,
  { now, monotonic, later }: Pick<Platform, 'now' | 'monotonic' | 'later'>,
  onTrouble: (orderingKey: string, error: unknown, waitMs: number) => void,
): Schedule {
  const busy = new Set<string>()
  const troubled = new Map<string, { readonly until: number; readonly waitMs: number }>()
  const sightings = new Map<string, Sighting>()
  let heads: Entry[] = []
  let wakes = 0
  let allWakes = 0
  let isFirstOffer = true
  let calm = () => {}

  function dueAt(entry: Entry): number {
    switch (entry.status.state) {
      case 'queued':
        return Number.NEGATIVE_INFINITY
      case 'needs_person':
        return Number.POSITIVE_INFINITY
      case 'waiting': {
        const sighting = sightingOf(entry, entry.status)
        const isWoken = wakes > sighting.wakes && !entry.status.named
        return isWoken || allWakes > sighting.allWakes ? Number.NEGATIVE_INFINITY : sighting.until
      }
    }
  }

  function sightingOf({ id, key, attempts }: Entry, { retryAt, waitMs }: Waiting): Sighting {
    const wait = `${key} ${attempts} ${retryAt}`
    const known = sightings.get(id)
    if (known?.wait === wait) return known
    const remainingMs = Math.min(Math.max(retryAt - now(), 0), waitMs)
    const sighting = {
      wait,
      until: monotonic() + remainingMs,
      // What the page before was waiting for is not waited for after a reload.
      wakes: isFirstOffer ? wakes - 1 : wakes,
      allWakes,
    }
    sightings.set(id, sighting)
    return sighting
  }

  function run(): void {
    calm()
    let nextAt = monotonic() + longestSleepMs
    for (const head of heads) {
      // Also of a busy one: a wake-up from now on is one after this wait began.
      const at = Math.max(dueAt(head), troubled.get(head.orderingKey)?.until ?? 0)
      if (busy.has(head.orderingKey)) continue
      if (at > monotonic()) nextAt = Math.min(nextAt, at)
      else if (busy.size < parallel) start(head.orderingKey)
    }
    calm = heads.length === 0 ? () => {} : later(nextAt - monotonic(), run)
  }

  function start(orderingKey: string): void {
    busy.add(orderingKey)
    deliver(orderingKey)
      .then(
        () => troubled.delete(orderingKey),
        (error) => trouble(orderingKey, error),
      )
      .finally(() => {
        busy.delete(orderingKey)
        run()
      })
  }

  function trouble(orderingKey: string, error: unknown): void {
    const before = troubled.get(orderingKey)?.waitMs
    const waitMs = before === undefined ? firstTroubleMs : Math.min(2 * before, longestSleepMs)
    troubled.set(orderingKey, { until: monotonic() + waitMs, waitMs })
    onTrouble(orderingKey, error, waitMs)
  }

  function forget(): void {
    const ids = new Set(heads.map(({ id }) => id))
    for (const id of sightings.keys()) if (!ids.has(id)) sightings.delete(id)
  }

  return {
    offer(entries) {
      heads = earliestOfEach(entries)
      forget()
      run()
      isFirstOffer = false
    },
    isDue: (entry) => dueAt(entry) <= monotonic(),
    wake() {
      wakes += 1
      run()
    },
    wakeAll() {
      allWakes += 1
      troubled.clear()
      run()
    },
    stop() {
      heads = []
      sightings.clear()
      isFirstOffer = true
      calm()
    },
  }
}

function earliestOfEach(entries: readonly StoredEntry[]): Entry[] {
  const heads = new Map<string, StoredEntry>()
  for (const entry of entries) {
    if (!heads.has(entry.orderingKey)) heads.set(entry.orderingKey, entry)
  }
  // One that this release does not know stays where it is, and keeps its successors behind it.
  return [...heads.values()].filter(isKnown)
}
