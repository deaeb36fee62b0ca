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
  readonly named: boolean
  /** On the monotonic clock. A wake-up puts it to the beginning of time. */
  until: number
}

type Waiting = Extract<StoredStatus, { state: 'waiting' }>

/**
 * Decides which ordering keys are sent now and when to look again. Different
 * ones do not wait for each other. A wait is measured by the page's monotonic
 * clock from when the page first saw it, and a wake-up ends the waits that it has
 * seen. By the device's clock, which may be set back by an hour, every wait of that
 * hour would seem to lie before the last wake-up, and each attempt would be followed
 * by the next without a pause.
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
  let isFirstOffer = true
  let calm = () => {}

  function dueAt(entry: Entry): number {
    switch (entry.status.state) {
      case 'queued':
        return Number.NEGATIVE_INFINITY
      case 'needs_person':
        return Number.POSITIVE_INFINITY
      case 'waiting':
        return sightingOf(entry, entry.status).until
    }
  }

  function sightingOf({ id, key, attempts }: Entry, status: Waiting): Sighting {
    const { retryAt, waitMs, named } = status
    const wait = `${key} ${attempts} ${retryAt}`
    const known = sightings.get(id)
    if (known?.wait === wait) return known
    const remainingMs = Math.min(Math.max(retryAt - now(), 0), waitMs)
    // What the page before was waiting for is not waited for after a reload.
    const isOver = isFirstOffer && !named
    const until = isOver ? Number.NEGATIVE_INFINITY : monotonic() + remainingMs
    const sighting = { wait, named, until }
    sightings.set(id, sighting)
    return sighting
  }

  /** Ends the waits that this page has seen, and none that begins from now on. */
  function endWaits(isOver: (sighting: Sighting) => boolean): void {
    for (const sighting of sightings.values()) {
      if (isOver(sighting)) sighting.until = Number.NEGATIVE_INFINITY
    }
    run()
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
    const before = troubled.get(orderingKey)?.waitMs ?? firstTroubleMs / 2
    const waitMs = Math.min(2 * before, longestSleepMs)
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
    wake: () => endWaits(({ named }) => !named),
    wakeAll() {
      troubled.clear()
      endWaits(() => true)
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
