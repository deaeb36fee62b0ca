import { setTimeout as pause } from 'node:timers/promises'
import { createPool } from '@idem/database/pool'
import { createIdempotency } from '@idem/idempotency'
import { pgAdapter } from '@idem/idempotency/pg'
import type { RunningContender } from '../contenders/start-contender.ts'
import { createRequest } from '../requests/create-requests.ts'
import { load } from '../requests/load.ts'
import { quantile } from '../results/statistics.ts'

export type CleaningPlan = {
  /** Idem's app. */
  readonly running: RunningContender
  readonly rounds: number
  readonly seconds: number
  /** Old records in each round, more than the cleaning removes during the load. */
  readonly records: number
}

/** The 99th percentile of each round in ms. */
export type BesideCleaning = { readonly alone: number[]; readonly cleaning: number[] }

/** The 99th percentile of creates with and without a concurrent cleaning. */
export async function measureCleaning(plan: CleaningPlan): Promise<BesideCleaning> {
  const { running, rounds, seconds, records } = plan
  const { url } = running
  const pool = createPool({ url: running.databaseUrl, max: 1 })
  const query = async (text: string, values: readonly unknown[]) =>
    (await pool.query(text, [...values])).rows
  const { clean } = createIdempotency({ adapter: pgAdapter(pool) })

  async function p99(): Promise<number> {
    const measured = await load({ url, connections: 16, seconds, ask: () => createRequest() })
    return quantile(measured.latenciesMs.toSorted(), 0.99)
  }

  async function hasOldRecords(): Promise<boolean> {
    return (await query('select exists (select from old_record) as any', []))[0]?.any === true
  }

  async function p99BesideCleaning(): Promise<number> {
    for (let made = 0; made < records; made += batch) await query(oldRecords, [batch])
    // Flush the rows just written, whose cost is not measured.
    await query('checkpoint', [])
    await pause(1_000)
    const cleaning = clean()
    const measured = await p99()
    const isBusy = await hasOldRecords()
    await cleaning
    if (!isBusy) throw new Error('Cleaning ended before the load; use more old records.')
    // The server cleans every ten minutes as well, so who removed how many is not the same in each round.
    if (await hasOldRecords()) throw new Error('Cleaning has ended, and old records are left.')
    return measured
  }

  try {
    await query(oldRecord, [])
    const result: BesideCleaning = { alone: [], cleaning: [] }
    for (let round = 0; round < rounds; round += 1) {
      result.alone.push(await p99())
      result.cleaning.push(await p99BesideCleaning())
    }
    return result
  } finally {
    await pool.query('drop view if exists old_record')
    await pool.end()
  }
}

/** A statement of the pool may take 3 s. */
const batch = 50_000

const oldRecord = `
  create view old_record as select from idem.idempotency_record
  where created_at < clock_timestamp() - interval '24 hours'`

const oldRecords = `
  insert into idem.idempotency_record (owner_id, key, operation, fingerprint, answer, created_at)
  select 'local', gen_random_uuid(), 'createTodo', sha256(n::text::bytea),
    '{"id":"' || gen_random_uuid() || '","title":"Buy milk"}',
    clock_timestamp() - interval '25 hours' - n * interval '1 ms'
  from generate_series(1, $1::int) as n`
