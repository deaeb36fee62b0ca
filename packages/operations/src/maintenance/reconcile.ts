import { setTimeout as pause } from 'node:timers/promises'
import { type ReconcileWalk, reconcileWalks } from './reconcile-walks.ts'

export type ReconcileSettings = {
  /** Runs one statement by itself. */
  readonly query: (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>
  readonly policy: { readonly retentionHours: number }
  /** How many rows a statement looks at, at least 2; some 20 ms of work, unless given. */
  readonly rowsPerStep?: number
}

/** How many of each were found. Anything but zero is a broken promise. */
export type Reconciliation = {
  /** Todos beyond the first that came by one key. */
  readonly duplicates: number
  /** Keys that were answered with a todo which is missing, or has a lower version than in the answer. */
  readonly keysWithoutEffect: number
  /** Todos younger than the retention whose key has no answer that names them. */
  readonly effectsWithoutKey: number
}

/** Most of the time is left to the requests being served. */
const pauseMs = 20

/**
 * Compares keys with effects, some thousand rows at a time. No statement takes
 * long, so none keeps vacuum from what was deleted meanwhile. Each comparison is
 * between rows of one statement, and so of one moment: whatever is written
 * between two steps is seen whole or not at all.
 */
export async function reconcile(settings: ReconcileSettings): Promise<Reconciliation> {
  return {
    duplicates: await findingsOf(reconcileWalks.duplicates, settings),
    keysWithoutEffect: await findingsOf(reconcileWalks.keysWithoutEffect, settings),
    effectsWithoutKey: await findingsOf(reconcileWalks.effectsWithoutKey, settings),
  }
}

async function findingsOf(walk: ReconcileWalk, settings: ReconcileSettings): Promise<number> {
  const { query, policy, rowsPerStep = 5_000 } = settings
  const withRetention = walk.asksForRetention ? [policy.retentionHours] : []
  let position = walk.start
  let findings = 0
  for (;;) {
    const [step] = await query(walk.statement, [rowsPerStep, ...position, ...withRetention])
    findings += Number(step?.findings)
    if (step?.full !== true) return findings
    position = walk.columns.map((column) => step[column])
    await pause(pauseMs)
  }
}
