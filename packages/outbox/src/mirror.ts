import type { createBoard } from './board.ts'
import type { Entry } from './entry.ts'
import type { Store } from './store.ts'
import type { Surroundings } from './surroundings.ts'

const readAgainMs = 5_000

export type Mirror = {
  /** Resolves once a reading that began after this call is on the board. */
  refresh(): Promise<void>
  /** The same without waiting; trouble with reading is met by reading again later. */
  refreshSoon(): void
}

/** Keeps the board in step with the store, whichever tab changed it. A burst of changes is one reading. */
export function createMirror({
  store,
  board,
  surroundings,
  onRead,
}: {
  store: Store
  board: ReturnType<typeof createBoard>
  surroundings: Surroundings
  onRead: (entries: readonly Entry[]) => void
}): Mirror {
  let reading: Promise<void> | undefined
  let stale = false

  async function readWhileStale(): Promise<void> {
    try {
      while (stale) {
        stale = false
        const show = board.reading()
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
    refresh().catch(() => surroundings.later(readAgainMs, refreshSoon))
  }

  return { refresh, refreshSoon }
}
