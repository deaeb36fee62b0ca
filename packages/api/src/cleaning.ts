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
}

export type Cleaned = { readonly keys: number; readonly tombstones: number }

/** Forgets keys and tombstones that were kept long enough. Any number of instances may do it at once. */
export async function clean(settings: CleaningSettings): Promise<Cleaned> {
  const { query, policy, tombstoneRetentionDays: retentionDays, signal } = settings
  return {
    keys: await cleanKeys({ query, policy, signal }),
    tombstones: await purgeTombstones({ query, retentionDays, signal }),
  }
}
