import { type CleaningKind, cleaningKinds } from '@idem/operations/clean'
import type { Reconciliation } from '@idem/operations/reconcile'
import { Counter, Gauge, type Registry } from 'prom-client'

/** Metrics of scheduled maintenance. A timestamp of 0 means that it has not run yet. */
export function maintenanceMetrics(registry: Registry) {
  const registers = [registry]
  const cleanedAt = new Gauge({
    name: 'idem_cleaning_last_success_timestamp_seconds',
    help: 'Time of the last complete cleaning by this instance.',
    labelNames: ['what'],
    registers,
  })
  const cleaningFailures = new Counter({
    name: 'idem_cleaning_failures_total',
    help: 'Failed cleanings; their removals before the failure are counted.',
    labelNames: ['what'],
    registers,
  })
  // Present from the start, so that the first increase is visible.
  for (const what of cleaningKinds) {
    cleanedAt.set({ what }, 0)
    cleaningFailures.inc({ what }, 0)
  }
  const cleanedRecords = new Counter({
    name: 'idem_cleaned_records_total',
    help: 'Keys removed after their retention.',
    registers,
  })
  const cleanedTombstones = new Counter({
    name: 'idem_cleaned_tombstones_total',
    help: 'Tombstones of deleted todos removed after their retention.',
    registers,
  })
  const cleanedSignInRows = new Counter({
    name: 'idem_cleaned_sign_in_rows_total',
    help: 'Expired sessions, links and counts of attempts to sign in that were removed.',
    registers,
  })
  const reconciledAt = new Gauge({
    name: 'idem_reconcile_last_success_timestamp_seconds',
    help: 'Time of the last complete comparison of keys with effects by this instance.',
    registers,
  })
  const findings = new Gauge({
    name: 'idem_reconcile_findings',
    help: 'Findings of the last comparison; any value but 0 is a broken promise.',
    labelNames: ['kind'],
    registers,
  })

  return {
    removed(kind: CleaningKind, count: number): void {
      const counters = {
        keys: cleanedRecords,
        tombstones: cleanedTombstones,
        sign_in: cleanedSignInRows,
      }
      counters[kind].inc(count)
    },
    cleaned(kind: CleaningKind): void {
      cleanedAt.setToCurrentTime({ what: kind })
    },
    cleaningFailed(kind: CleaningKind): void {
      cleaningFailures.inc({ what: kind })
    },
    reconciled({ duplicates, keysWithoutEffect, effectsWithoutKey }: Reconciliation): void {
      reconciledAt.setToCurrentTime()
      findings.set({ kind: 'duplicates' }, duplicates)
      findings.set({ kind: 'keys_without_effect' }, keysWithoutEffect)
      findings.set({ kind: 'effects_without_key' }, effectsWithoutKey)
    },
  }
}
