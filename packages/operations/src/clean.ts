import { cleanKeys } from '@idem/idempotency/clean'
import type { KeyPolicy } from '@idem/idempotency/key-policy'
import { purgeTombstones } from '@idem/todos/purge-tombstones'

export type CleaningSettings = {
  /** Runs one statement by itself. */
  readonly query: (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>
  readonly policy: KeyPolicy
  readonly tombstoneRetentionDays: number
  /** Ends it after the batch under way. */
  readonly signal: AbortSignal
  /** After each batch, so that what was removed before a failure is counted. */
  readonly onBatch?: (what: CleaningKind, removed: number) => void
}

export type CleaningKind = 'keys' | 'tombstones'

/** How one of the two went; with `failure` the rest is left to the next time. */
export type Cleaned = { readonly removed: number; readonly failure?: unknown }

/**
 * Forgets keys and tombstones that were kept long enough. A failure of one does
 * not stop the other. Any number of instances may do it at once.
 */
export async function clean(
  settings: CleaningSettings,
): Promise<Readonly<Record<CleaningKind, Cleaned>>> {
  const { query, policy, tombstoneRetentionDays: retentionDays, signal } = settings
  return {
    keys: await attempt('keys', settings, (onBatch) =>
      cleanKeys({ query, policy, signal, onBatch }),
    ),
    tombstones: await attempt('tombstones', settings, (onBatch) =>
      purgeTombstones({ query, retentionDays, signal, onBatch }),
    ),
  }
}

async function attempt(
  what: CleaningKind,
  settings: CleaningSettings,
  work: (onBatch: (removed: number) => void) => Promise<number>,
): Promise<Cleaned> {
  let removed = 0
  try {
    await work((count) => {
      removed += count
      settings.onBatch?.(what, count)
    })
    return { removed }
  } catch (failure) {
    return { removed, failure }
  }
}
