import { type Entry, isKnown, type StoredEntry, type StoredStatus } from '../entry.ts'
import type { Platform } from '../platform.ts'

/** A browser opens six connections to one server over HTTP/1.1; two stay free for reading. */
const parallel = 4
/** The first wait after the storage failed: then attempts cannot be counted on disk. */
const firstTroubleMs = 5_000
/** Timers are throttled, and stop while a device sleeps, so no timer is longer than this. */
const longestSleepMs = 60_000
/**
 * An answer of the server ends the waits after attempts without one, but no wait is shorter than
 * this for each attempt: an intent that alone has no answer must not be sent with every answer of others.
 */
const shortestWaitMs = 200

export type Schedule = {
  /** Takes the current entries and sends those that are due. */
  offer(entries: readonly StoredEntry[]): void
  isDue(entry: Entry): boolean
  /** The server may be reachable again: ends all waits except those that the server asked for. */
  wake(): void
  /** The server is reachable: ends the waits after attempts without an answer. */
  answered(): void
  /** Ends all waits, at a person's request. */
  wakeAll(): void
  stop(): void
}

/** A wait as this page first saw it. */
type Sighting = {
  readonly wait: string
  readonly named: boolean
  /** The earliest end of the wait after an answer of the server. On the monotonic clock. */
  readonly earliest: number
  /** On the monotonic clock. A wake-up sets it to the past. */
  until: number
}

type Waiting = Extract<StoredStatus, { state: 'waiting' }>

/**
 * Decides which ordering keys are sent now and when to check again. Ordering keys do
 * not wait for each other. A wait is measured by the page's monotonic clock from the
 * moment when the page first saw it, and a wake-up ends the waits that the page has
 * seen. The device's clock must not decide: if it is set back by an hour, every wait
 * of that hour seems to be older than the last wake-up, and attempts follow each
 * other without a pause.
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
  let cancelTimer = () => {}

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

  function sightingOf({ id, key, attempts, lastError }: Entry, status: Waiting): Sighting {
    const { retryAt, waitMs, named } = status
    const wait = `${key} ${attempts} ${retryAt}`
    const known = sightings.get(id)
    if (known?.wait === wait) return known
    // The wait of a corrupt row is over: a time that is not a number would never be due, and never be measured.
    const remainingMs = Math.min(Math.max(retryAt - now(), 0), waitMs) || 0
    // A reload ends the waits of the page before it.
    const isOver = isFirstOffer && !named
    const until = isOver ? Number.NEGATIVE_INFINITY : monotonic() + remainingMs
    const isUnanswered = lastError?.kind === 'no_answer'
    const earliest = isUnanswered ? monotonic() + attempts * shortestWaitMs : until
    const sighting = { wait, named, earliest, until }
    sightings.set(id, sighting)
    return sighting
  }

  /** Shortens the waits that this page has seen, and none that begins from now on. */
  function endWaits(endOf: (sighting: Sighting) => number): void {
    for (const sighting of sightings.values()) {
      sighting.until = Math.min(sighting.until, endOf(sighting))
    }
    run()
  }

  function run(): void {
    cancelTimer()
    let nextAt = monotonic() + longestSleepMs
    for (const head of heads) {
      // Also for a busy one, so that its wait is seen before the next wake-up.
      const at = Math.max(dueAt(head), troubled.get(head.orderingKey)?.until ?? 0)
      if (busy.has(head.orderingKey)) continue
      if (at > monotonic()) nextAt = Math.min(nextAt, at)
      else if (busy.size < parallel) start(head.orderingKey)
    }
    if (heads.length > 0) cancelTimer = later(nextAt - monotonic(), run)
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
    wake: () => endWaits(({ named, until }) => (named ? until : Number.NEGATIVE_INFINITY)),
    answered: () => endWaits(({ earliest }) => earliest),
    wakeAll() {
      troubled.clear()
      endWaits(() => Number.NEGATIVE_INFINITY)
    },
    stop() {
      heads = []
      sightings.clear()
      isFirstOffer = true
      cancelTimer()
    },
  }
}

function earliestOfEach(entries: readonly StoredEntry[]): Entry[] {
  const heads = new Map<string, StoredEntry>()
  for (const entry of entries) {
    if (!heads.has(entry.orderingKey)) heads.set(entry.orderingKey, entry)
  }
  // An entry that this release does not know is not sent, and later ones wait behind it.
  return [...heads.values()].filter(isKnown)
}
