import { Gauge, type Registry } from 'prom-client'
import { throttledRefresh } from './throttled-refresh.ts'

export type DatabaseMetricsSettings = {
  /** Runs one statement by itself. */
  readonly query: (text: string, values: readonly unknown[]) => Promise<Record<string, unknown>[]>
  readonly canWrite: () => Promise<boolean>
  readonly freshMs?: number
}

/** A scrape is a few seconds apart at best, and none of this changes in less. */
const freshMs = 10_000
/** A database that does not answer must not hold up all else there is to see; Prometheus waits 10 s. */
const patienceMs = 1_000
/** Up to here records are counted; beyond, the planner's estimate will do. */
const mostCounted = 10_000

/**
 * What only the database knows. The returned function asks it again, if what is
 * known is old. What it does not answer is left out, so that nothing old is
 * taken for new.
 */
export function databaseMetrics(
  registry: Registry,
  settings: DatabaseMetricsSettings,
): () => Promise<void> {
  const registers = [registry]
  const records = new Gauge({
    name: 'idem_records',
    help: `Keys that are kept; above ${mostCounted} the estimate of the planner.`,
    registers,
  })
  const oldest = new Gauge({
    name: 'idem_oldest_record_age_seconds',
    help: 'Age of the oldest key that is kept; 0 when there is none.',
    registers,
  })
  const ready = new Gauge({
    name: 'idem_ready',
    help: '1 when this instance can write, otherwise 0; what /readyz says.',
    registers,
  })
  const known = [records, oldest]
  // Each gauge begins at 0, which would be a lie.
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

// Counted along the index for cleaning, of which only the beginning is read: a table from which
// many rows were deleted has a long empty beginning of its own.
const recordsStatement = `
  select
    case when counted.n <= $1 then counted.n else greatest(counted.n, (
      select reltuples from pg_class where oid = 'idempotency_record'::regclass
    )) end as records,
    coalesce(extract(epoch from clock_timestamp() - (
      select min(created_at) from idempotency_record
    )), 0)::float8 as oldest
  from (
    select count(*)::float8 as n from (
      select from idempotency_record order by created_at, owner_id, key limit $1::int + 1
    ) as first
  ) as counted`
