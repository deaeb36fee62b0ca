import type { Entry } from './entry.ts'
import { entrySchema } from './entry.ts'
import type { Platform } from './platform.ts'

/** A browser opens six connections to one server over HTTP/1.1; two stay free for reading. */
const parallel = 4
/** After the storage itself failed there is nothing to count attempts with. */
const storageTroubleMs = 5_000
/** Clocks jump and timers are throttled, so nobody sleeps longer than this. */
const longestSleepMs = 60_000

export type Schedule = {
  /** The entries as they now are. Sends what is due. */
  offer(entries: readonly Entry[]): void
  isDue(entry: Entry): boolean
  /** Something suggests that the server can be reached: waits are cut short, unless the server named them. */
  wake(): void
  /** A person said so: all waits end. */
  wakeAll(): void
  stop(): void
}

/** Decides which ordering keys are sent now and when to look again. Different ordering keys do not wait for each other. */
export function createSchedule(
  deliver: (orderingKey: string) => Promise<void>,
  { now, later }: Pick<Platform, 'now' | 'later'>,
): Schedule {
  const busy = new Set<string>()
  const troubled = new Map<string, number>()
  let heads: Entry[] = []
  let wokenAt = Number.NEGATIVE_INFINITY
  let allWokenAt = Number.NEGATIVE_INFINITY
  let calm = () => {}

  function dueAt(entry: Entry): number {
    const { standing } = entry
    if (standing.state === 'queued') return now()
    if (standing.state === 'needs_person') return Number.POSITIVE_INFINITY
    const wokenAfter = Math.max(allWokenAt, standing.named ? 0 : wokenAt) > standing.since
    // A clock that was set back would otherwise make this a wait for hours.
    const clockSetBack = now() < standing.since
    return wokenAfter || clockSetBack ? now() : standing.retryAt
  }

  function run(): void {
    calm()
    let nextAt = now() + longestSleepMs
    for (const head of heads) {
      if (busy.has(head.orderingKey)) continue
      const at = Math.max(dueAt(head), troubled.get(head.orderingKey) ?? 0)
      if (at > now()) nextAt = Math.min(nextAt, at)
      else if (busy.size < parallel) start(head.orderingKey)
    }
    calm = heads.length === 0 ? () => {} : later(nextAt - now(), run)
  }

  function start(orderingKey: string): void {
    busy.add(orderingKey)
    troubled.delete(orderingKey)
    deliver(orderingKey)
      .catch(() => troubled.set(orderingKey, now() + storageTroubleMs))
      .finally(() => {
        busy.delete(orderingKey)
        run()
      })
  }

  return {
    offer(entries) {
      heads = earliestOfEach(entries)
      run()
    },
    isDue: (entry) => dueAt(entry) <= now(),
    wake() {
      wokenAt = now()
      run()
    },
    wakeAll() {
      allWokenAt = now()
      run()
    },
    stop() {
      heads = []
      calm()
    },
  }
}

function earliestOfEach(entries: readonly Entry[]): Entry[] {
  const heads = new Map<string, Entry>()
  for (const entry of entries)
    if (!heads.has(entry.orderingKey)) heads.set(entry.orderingKey, entry)
  // One written by a newer page stays where it is, and keeps its successors behind it.
  return [...heads.values()].filter((head) => head.schema === entrySchema)
}
