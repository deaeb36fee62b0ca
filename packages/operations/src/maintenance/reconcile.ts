import { setTimeout as pause } from 'node:timers/promises'
import { type Part, partsOf } from '@idem/database/parts'
import { type ReconcileWalk, reconcileWalks } from './reconcile-walks.ts'

export type ReconcileSettings = {
  /** Runs one statement outside a transaction. */
  readonly query: (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>
  readonly policy: { readonly retentionHours: number }
  /** The number of rows that a statement reads, at least 2. Default: 5,000, about 20 ms of work. */
  readonly rowsPerStep?: number
}

/** The number of findings of each kind. Any number but zero is a broken promise. */
export type Reconciliation = {
  /** Todos beyond the first of one key. */
  readonly duplicates: number
  /** Keys whose answer contains a todo that is missing, or that has a lower version than in the answer. */
  readonly keysWithoutEffect: number
  /** Todos younger than the retention whose key has no answer with their id. */
  readonly effectsWithoutKey: number
}

/** Leaves most of the time to requests. */
const pauseMs = 20

/**
 * Compares keys with effects, a few thousand rows at a time. Statements are short, so none blocks
 * vacuum. Each comparison is within one statement, and so within one snapshot: a transaction that
 * commits between two steps is seen completely or not at all.
 */
export async function reconcile(settings: ReconcileSettings): Promise<Reconciliation> {
  const found = { duplicates: 0, keysWithoutEffect: 0, effectsWithoutKey: 0 }
  for (const part of await partsOf(settings.query)) {
    found.duplicates += await findingsOf(reconcileWalks.duplicates, part, settings)
    found.keysWithoutEffect += await findingsOf(reconcileWalks.keysWithoutEffect, part, settings)
    found.effectsWithoutKey += await findingsOf(reconcileWalks.effectsWithoutKey, part, settings)
  }
  return found
}

async function findingsOf(
  walk: ReconcileWalk,
  { query, tables }: Part,
  { policy, rowsPerStep = 5_000 }: ReconcileSettings,
): Promise<number> {
  const statement = walk.statement(tables)
  const withRetention = walk.asksForRetention ? [policy.retentionHours] : []
  let position = walk.start
  let findings = 0
  for (;;) {
    const [row] = await query(statement, [rowsPerStep, ...position, ...withRetention])
    const step = JSON.parse(String(row?.result))
    findings += Number(step.findings)
    if (step.full !== true) return findings
    position = walk.columns.map((column) => step[column])
    await pause(pauseMs)
  }
}
