import type { Limits } from '@idem/operations/limits'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { type AdmissionCounts, admissionMetrics } from './admission-metrics.ts'
import { attemptMetrics } from './attempt-metrics.ts'
import { batchMetrics } from './batch-metrics.ts'
import { type DatabaseMetricsSettings, databaseMetrics } from './database-metrics.ts'
import { maintenanceMetrics } from './maintenance-metrics.ts'
import { nodeMetrics } from './node-metrics.ts'
import { poolMetrics } from './pool-metrics.ts'

export type MetricsSettings = DatabaseMetricsSettings & {
  readonly pools: Parameters<typeof poolMetrics>[1]
  /** The queue in front of the pool `main`, and the work for each node. */
  readonly limits: Pick<Limits, 'waiting' | 'ofNodes'>
  readonly admission: AdmissionCounts
  readonly retentionHours: number
}

export type MetricsText = { readonly type: string; readonly text: string }

/** All metrics of the server, and their text for Prometheus. */
export function createMetrics(settings: MetricsSettings) {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  poolMetrics(registry, settings.pools, { main: settings.limits.waiting })
  nodeMetrics(registry, settings.limits.ofNodes)
  admissionMetrics(registry, settings.admission)
  const refresh = databaseMetrics(registry, settings)
  const unexpected = new Counter({
    name: 'idem_unexpected_errors_total',
    help: 'Requests answered with 500 and unhandled rejections: each is a bug, with its cause in the log.',
    registers: [registry],
  })
  new Gauge({
    name: 'idem_key_retention_seconds',
    help: 'The configured key retention.',
    registers: [registry],
  }).set(settings.retentionHours * 3_600)

  return {
    countAttempt: attemptMetrics(registry),
    countFailedBatch: batchMetrics(registry),
    countUnexpected: () => unexpected.inc(),
    ...maintenanceMetrics(registry),
    /** In Prometheus' text format. */
    async show(): Promise<MetricsText> {
      await refresh()
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }
}
