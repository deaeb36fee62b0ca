import type { Platform } from '../platform.ts'
import type { Reading } from '../storage/reading.ts'
import type { Store } from '../storage/store.ts'
import type { createSnapshotStore } from './snapshot-store.ts'

const readAgainMs = 5_000

export type SnapshotSync = {
  /** Resolves once a reading that began after this call is in the snapshot. Without an ordering key, of everything. */
  refresh(orderingKey?: string): Promise<void>
  /** Refreshes without a promise to wait for. A failed reading is repeated later. */
  refreshSoon(orderingKey?: string): void
}

/**
 * Keeps the snapshot in step with the store, for changes of all tabs. A burst of
 * changes is one reading, and only of the ordering keys that changed: with 2,000
 * entries waiting, reading all of them after each answer would be two million
 * rows.
 */
export function createSnapshotSync({
  store,
  snapshots,
  platform,
  onRead,
}: {
  store: Store
  snapshots: ReturnType<typeof createSnapshotStore>
  platform: Pick<Platform, 'later'>
  onRead: (reading: Reading) => void
}): SnapshotSync {
  let reading: Promise<void> | undefined
  let stale: Set<string> | 'everything' | undefined

  async function readWhileStale(): Promise<void> {
    try {
      while (stale !== undefined) {
        const of = stale
        stale = undefined
        await read(of)
      }
    } catch (error) {
      // A failed reading stays due for the next request.
      stale = 'everything'
      throw error
    } finally {
      // In the same turn as the last check of `stale`; otherwise a change in between is never read.
      reading = undefined
    }
  }

  async function read(of: Set<string> | 'everything'): Promise<void> {
    const show = snapshots.reading()
    const found = await store.read(of)
    const lost = snapshots.lostBy(found)
    if (lost !== undefined) {
      await store.writeBack(lost)
      snapshots.writtenBack(lost, found.incarnation)
      // It may have been cleared again meanwhile.
      return read('everything')
    }
    show(found)
    // In the same turn, so that a wake-up finds the schedule as current as the snapshot.
    onRead(found)
  }

  function refresh(orderingKey?: string): Promise<void> {
    if (orderingKey === undefined || stale === 'everything') stale = 'everything'
    else stale = new Set(stale).add(orderingKey)
    reading ??= readWhileStale()
    return reading
  }

  function refreshSoon(orderingKey?: string): void {
    refresh(orderingKey).catch(() => platform.later(readAgainMs, () => refreshSoon(orderingKey)))
  }

  return { refresh, refreshSoon }
}
