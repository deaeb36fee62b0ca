import { isDistributed } from '@idem/database/is-distributed'
import { type Part, partsOf } from '@idem/database/parts'
import { createIdempotency, type IdempotencyAdapter } from '@idem/idempotency'
import { type OldRows, removeOld } from '@idem/idempotency/server'
import { cleanKeysOfShards } from './clean-shards.ts'

export type CleaningSettings = {
  /** Runs one statement outside a transaction. */
  readonly query: (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>
  readonly policy: { readonly retentionHours: number }
  readonly tombstoneRetentionDays: number
  /** Tables of sign-in. */
  readonly expiredRows: readonly OldRows[]
  /** Stops after the current batch. */
  readonly signal: AbortSignal
  /** In a distributed database, from writing down which keys are forgotten to their removal. Default: a minute. */
  readonly waitMs?: number
  /** Called after each batch, so that removals before a failure are counted. */
  readonly onBatch?: (kind: CleaningKind, removed: number) => void
}

export const cleaningKinds = ['keys', 'tombstones', 'sign_in'] as const
export type CleaningKind = (typeof cleaningKinds)[number]

/** The result for one kind; after a `failure` the next run continues. */
export type Cleaned = { readonly removed: number; readonly failure?: unknown }

/**
 * Removes keys and tombstones past their retention, and expired rows of sign-in. A failure of one does not
 * stop the others. Any number of instances may clean at once.
 */
export async function clean(
  settings: CleaningSettings,
): Promise<Readonly<Record<CleaningKind, Cleaned>>> {
  const { query, signal } = settings
  return {
    keys: await attempt('keys', settings, (onBatch) => cleanKeys(settings, onBatch)),
    tombstones: await attempt('tombstones', settings, async (onBatch) => {
      for (const part of await partsOf(query)) {
        await removeOld(tombstonesIn(part, settings), { query: part.query, signal, onBatch })
      }
    }),
    sign_in: await attempt('sign_in', settings, async (onBatch) => {
      for (const rows of settings.expiredRows) await removeOld(rows, { query, signal, onBatch })
    }),
  }
}

async function cleanKeys(
  settings: CleaningSettings,
  onBatch: (removed: number) => void,
): Promise<void> {
  const { query, policy, signal } = settings
  if (await isDistributed(query)) await cleanKeysOfShards({ ...settings, ...policy, onBatch })
  else await keysOf(settings).clean({ signal, onBatch })
}

/** Afterwards their ids are forgotten, so `createTodo` refuses ids minted that long ago. */
function tombstonesIn(
  { tables }: Part,
  { tombstoneRetentionDays: count }: CleaningSettings,
): OldRows {
  return {
    table: tables.todo,
    order: { deleted_at: 'timestamptz', owner_id: 'text', id: 'uuid' },
    kept: { unit: 'days', count },
  }
}

function keysOf({ query, policy }: CleaningSettings) {
  // Each batch is a single statement, so it needs no explicit transaction.
  const adapter: IdempotencyAdapter<undefined> = {
    transaction: (work) => work(undefined, query),
    codeOf: () => undefined,
  }
  return createIdempotency({ adapter, retentionHours: policy.retentionHours })
}

async function attempt(
  kind: CleaningKind,
  settings: CleaningSettings,
  work: (onBatch: (removed: number) => void) => Promise<unknown>,
): Promise<Cleaned> {
  let removed = 0
  try {
    await work((count) => {
      removed += count
      settings.onBatch?.(kind, count)
    })
    return { removed }
  } catch (failure) {
    return { removed, failure }
  }
}
