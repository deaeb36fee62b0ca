import type { Entry } from './entry.ts'
import type { Platform } from './platform.ts'
import type { createSnapshotStore } from './snapshot-store.ts'
import type { Store } from './store.ts'

const readAgainMs = 5_000

export type SnapshotSync = {
  /** Resolves once a reading that began after this call is on the snapshots. */
  refresh(): Promise<void>
  /** The same without waiting; trouble with reading is met by reading again later. */
  refreshSoon(): void
}

/** Keeps the snapshots in step with the store, whichever tab changed it. A burst of changes is one reading. */
export function createSnapshotSync({
  store,
  snapshots,
  platform,
  onRead,
}: {
  store: Store
  snapshots: ReturnType<typeof createSnapshotStore>
  platform: Platform
  onRead: (entries: readonly Entry[]) => void
}): SnapshotSync {
  let reading: Promise<void> | undefined
  let stale = false

  async function readWhileStale(): Promise<void> {
    try {
      while (stale) {
        stale = false
        const show = snapshots.reading()
        const { entries, outcomes } = await store.read()
        show(entries, outcomes, store.isDurable())
        onRead(entries)
      }
    } finally {
      // In the same turn as the last look at `stale`, or a change in between would be read by nobody.
      reading = undefined
    }
  }

  function refresh(): Promise<void> {
    stale = true
    reading ??= readWhileStale()
    return reading
  }

  function refreshSoon(): void {
    refresh().catch(() => platform.later(readAgainMs, refreshSoon))
  }

  return { refresh, refreshSoon }
}
