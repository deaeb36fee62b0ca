import { Gauge, type Registry } from 'prom-client'
import { throttledRefresh } from './throttled-refresh.ts'

export type DatabaseMetricsSettings = {
  /** Runs one statement outside a transaction. */
  readonly query: (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>
  readonly canWrite: () => Promise<boolean>
  readonly freshMs?: number
}

/** Scrapes are seconds apart, and these values change slowly. */
const freshMs = 10_000
/** A database that does not respond must not delay all other metrics; Prometheus waits 10 s. */
const patienceMs = 1_000
/** Up to this number records are counted; above it the planner's estimate is enough. */
const mostCounted = 10_000

/**
 * Metrics that come from the database. The returned function refreshes old values. A value that
 * the database does not return is removed, so that an old one cannot pass for new.
 */
export function databaseMetrics(
  registry: Registry,
  settings: DatabaseMetricsSettings,
): () => Promise<void> {
  const registers = [registry]
  const records = new Gauge({
    name: 'idem_records',
    help: `Stored keys; above ${mostCounted} the planner's estimate.`,
    registers,
  })
  const oldest = new Gauge({
    name: 'idem_oldest_record_age_seconds',
    help: 'Age of the oldest stored key; 0 without keys.',
    registers,
  })
  const ready = new Gauge({
    name: 'idem_ready',
    help: '1 when this instance can write, otherwise 0; the same as /readyz.',
    registers,
  })
  const known = [records, oldest]
  // A gauge starts at 0, which would be wrong here.
  for (const gauge of [...known, ready]) gauge.remove()

  async function readRecords(): Promise<void> {
    try {
      const [row] = await settings.query(recordsStatement, [mostCounted])
      records.set(Number(row?.records))
      oldest.set(Number(row?.oldest))
    } catch {
      for (const gauge of known) gauge.remove()
    }
  }

  async function readReadiness(): Promise<void> {
    ready.set(Number(await settings.canWrite()))
  }

  return throttledRefresh({ freshMs: settings.freshMs ?? freshMs, patienceMs }, () =>
    Promise.all([readRecords(), readReadiness()]),
  )
}

// Counts along the start of the cleaning index: the table itself may start with many deleted rows.
const recordsStatement = `
  select
    case when counted.n <= $1 then counted.n else greatest(counted.n, (
      select reltuples from pg_class where oid = 'idem.idempotency_record'::regclass
    )) end as records,
    greatest(0, extract(epoch from clock_timestamp() - (
      select min(created_at) from idem.idempotency_record
    )))::float8 as oldest
  from (
    select count(*)::float8 as n from (
      select 1 from idem.idempotency_record order by created_at, owner_id, key limit $1::int + 1
    ) as first
  ) as counted`
