import type { Platform } from '../platform.ts'
import type { Store } from '../storage/store.ts'
import type { Transport } from '../transport.ts'

/** Entries that are sent again within this time ask once. */
const freshMs = 5_000

/**
 * Asks for the server's ledger epoch before an intent is sent again: a server
 * that was restored from a backup may have lost the effect of its key.
 */
export function createEpochCheck({
  transport,
  store,
  monotonic,
}: Pick<Platform, 'monotonic'> & {
  readonly transport: Pick<Transport, 'readEpoch'>
  readonly store: Pick<Store, 'learnEpoch'>
}) {
  let checkedAt = Number.NEGATIVE_INFINITY
  let checking: Promise<void> | undefined

  /** Resolves when the store has the server's epoch. Rejects if the server cannot be reached. */
  return async function checkEpoch(signal: AbortSignal): Promise<void> {
    if (monotonic() - checkedAt >= freshMs) {
      checkedAt = monotonic()
      checking = transport.readEpoch?.(signal).then(store.learnEpoch)
      checking?.catch(() => {
        checkedAt = Number.NEGATIVE_INFINITY
      })
    }
    await checking
  }
}
