import type { CleaningKind } from '@idem/operations/clean'
import type { Reconciliation } from '@idem/operations/reconcile'
import { Counter, Gauge, type Registry } from 'prom-client'

/** What the server does by itself, and how it last went. A time stamp of 0 means that it has not been done yet. */
export function maintenanceMetrics(registry: Registry) {
  const registers = [registry]
  const cleanedAt = new Gauge({
    name: 'idem_cleaning_last_success_timestamp_seconds',
    help: 'When this instance last cleaned to the end.',
    labelNames: ['what'],
    registers,
  })
  const cleaningFailures = new Counter({
    name: 'idem_cleaning_failures_total',
    help: 'Cleanings that failed; what they removed before that is counted.',
    labelNames: ['what'],
    registers,
  })
  // Shown before the first time, so that a rise is seen.
  for (const what of ['keys', 'tombstones'] satisfies CleaningKind[]) {
    cleanedAt.set({ what }, 0)
    cleaningFailures.inc({ what }, 0)
  }
  const cleanedRecords = new Counter({
    name: 'idem_cleaned_records_total',
    help: 'Keys forgotten because they were kept long enough.',
    registers,
  })
  const cleanedTombstones = new Counter({
    name: 'idem_cleaned_tombstones_total',
    help: 'Deleted todos forgotten because they were remembered long enough.',
    registers,
  })
  const reconciledAt = new Gauge({
    name: 'idem_reconcile_last_success_timestamp_seconds',
    help: 'When this instance last compared all keys with their effects.',
    registers,
  })
  const findings = new Gauge({
    name: 'idem_reconcile_findings',
    help: 'What that comparison found; anything but 0 is a broken promise.',
    labelNames: ['kind'],
    registers,
  })

  return {
    removed(what: CleaningKind, count: number): void {
      const counter = { keys: cleanedRecords, tombstones: cleanedTombstones }[what]
      counter.inc(count)
    },
    cleaned(what: CleaningKind): void {
      cleanedAt.setToCurrentTime({ what })
    },
    cleaningFailed(what: CleaningKind): void {
      cleaningFailures.inc({ what })
    },
    reconciled({ duplicates, keysWithoutEffect, effectsWithoutKey }: Reconciliation): void {
      reconciledAt.setToCurrentTime()
      findings.set({ kind: 'duplicates' }, duplicates)
      findings.set({ kind: 'keys_without_effect' }, keysWithoutEffect)
      findings.set({ kind: 'effects_without_key' }, effectsWithoutKey)
    },
  }
}
