import { createIdempotency, type IdempotencyAdapter } from '@idem/idempotency'
import { purgeTombstones } from '@idem/todos/purge-tombstones'

export type CleaningSettings = {
  /** Runs one statement by itself. */
  readonly query: (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>
  readonly policy: { readonly retentionHours: number }
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
  const { query, tombstoneRetentionDays: retentionDays, signal } = settings
  return {
    keys: await attempt('keys', settings, (onBatch) => keysOf(settings).clean({ signal, onBatch })),
    tombstones: await attempt('tombstones', settings, (onBatch) =>
      purgeTombstones({ query, retentionDays, signal, onBatch }),
    ),
  }
}

function keysOf({ query, policy }: CleaningSettings) {
  // A batch of cleaning is one statement, and so a transaction by itself.
  const adapter: IdempotencyAdapter<undefined> = {
    transaction: (work) => work(undefined, query),
    codeOf: () => undefined,
  }
  return createIdempotency({ adapter, schema: 'public', retentionHours: policy.retentionHours })
}

async function attempt(
  what: CleaningKind,
  settings: CleaningSettings,
  work: (onBatch: (removed: number) => void) => Promise<unknown>,
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
