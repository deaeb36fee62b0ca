import { setTimeout as pause } from 'node:timers/promises'
import { clean } from '@idem/operations/clean'
import pg from 'pg'
import { fillHistory } from '../measures/fill-history.ts'
import { type ListPages, measureListPage } from '../measures/list-page.ts'
import { createReplays, createRequest, type Kept } from '../requests/create-requests.ts'
import { type Ask, load } from '../requests/load.ts'
import { quantile } from '../results/statistics.ts'
import { ask, type BenchDatabase } from '../servers/bench-database.ts'
import { type App, startApp } from './start-app.ts'

export type LargeTablesPlan = {
  readonly database: BenchDatabase
  /** Todos and records of the small and of the large tables. */
  readonly few: number
  readonly many: number
  readonly rounds: number
  readonly seconds: number
}

/** One value per round for each size. */
export type Sides = { readonly few: number[]; readonly many: number[] }

export type LargeTables = {
  readonly fillSeconds: number
  readonly databaseMb: { readonly few: number; readonly many: number }
  /** Requests a second with 64 connections. */
  readonly creates: Sides
  readonly replays: Sides
  /** The median of each round in ms. */
  readonly pages: ListPages
  readonly searches: Sides
  /** Of a batch of 1,000 records. */
  readonly cleaning: Sides
}

type Side = { readonly app: App; readonly databaseUrl: string; readonly kept: Kept }

const connections = 64
const searchesEachRound = 5
/** For each round, removed in batches of 1,000. */
const oldRecords = 10_000

export async function measureLargeTables(
  plan: LargeTablesPlan,
  onMeasure: (name: string) => void,
): Promise<LargeTables> {
  const { database, rounds, seconds } = plan
  await using running = new AsyncDisposableStack()
  async function start(name: string): Promise<Side> {
    const { url } = running.use(await database.scratch(name))
    return { app: running.use(await startApp(url)), databaseUrl: url, kept: [] }
  }
  const sides = { few: await start('few'), many: await start('many') }
  async function inRounds(name: string, measure: (side: Side) => Promise<number>): Promise<Sides> {
    onMeasure(name)
    const result: Sides = { few: [], many: [] }
    for (let round = 0; round < rounds; round += 1) {
      const names = ['few', 'many'] as const
      for (const name of round % 2 === 0 ? names : names.toReversed()) {
        result[name].push(await measure(sides[name]))
      }
    }
    return result
  }

  onMeasure(`fill ${plan.many} todos and records`)
  await fillHistory(sides.few.databaseUrl, { rows: plan.few })
  const begun = performance.now()
  await fillHistory(sides.many.databaseUrl, { rows: plan.many })
  const fillSeconds = (performance.now() - begun) / 1_000
  const databaseMb = {
    few: await sizeMb(sides.few),
    many: await sizeMb(sides.many),
  }
  // Code is compiled and connections are opened.
  for (const side of Object.values(sides)) await rateOf(side, () => createRequest(side.kept), 2)
  const pages = async () => {
    onMeasure('pages of a list')
    const { few, many } = sides
    return await measureListPage({
      ...{ few: few.app.origin, many: many.app.origin, rounds, pages: 40 },
    })
  }
  const measured = {
    fillSeconds,
    databaseMb,
    pages: await pages(),
    creates: await inRounds('creates', (side) => rateOf(side, () => createRequest(), seconds)),
    replays: await inRounds('replays', (side) => rateOf(side, createReplays(side.kept), seconds)),
    searches: await inRounds('searches', searchMs),
  }
  // A server cleans too, now and then.
  for (const { app } of Object.values(sides)) await app[Symbol.asyncDispose]()
  return { ...measured, cleaning: await inRounds('cleaning', cleaningMs) }
}

async function rateOf({ app }: Side, next: () => Ask, seconds: number): Promise<number> {
  return (await load({ url: app.url, connections, seconds, ask: next })).perSecond
}

/** Of a text that no todo contains. */
async function searchMs({ app }: Side): Promise<number> {
  const times: number[] = []
  for (let at = 0; at < searchesEachRound; at += 1) {
    const begun = performance.now()
    const response = await fetch(`${app.origin}/todos?search=elephant`)
    const text = await response.text()
    const took = performance.now() - begun
    if (!response.ok) throw new Error(`A search was answered with ${response.status}: ${text}`)
    times.push(took)
    // The server rests after a search for three times its duration, which is not measured.
    await pause(4 * took)
  }
  return median(times)
}

/** Of a statement that removes a batch of old records. */
async function cleaningMs({ databaseUrl }: Side): Promise<number> {
  await ask(databaseUrl, insertOldRecords)
  await ask(databaseUrl, 'checkpoint')
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const times: number[] = []
  async function query(text: string, values: readonly unknown[]) {
    const begun = performance.now()
    const { rows } = await client.query(text, [...values])
    times.push(performance.now() - begun)
    return rows
  }
  try {
    const { signal } = new AbortController()
    const policy = { retentionHours: 24 }
    const { keys } = await clean({ query, policy, tombstoneRetentionDays: 365, signal })
    if (keys.removed !== oldRecords) {
      throw new Error(`Expected ${oldRecords} removed records, found ${keys.removed}.`)
    }
  } finally {
    await client.end()
  }
  // Without the last statements, which find nothing to remove.
  return median(times.slice(0, oldRecords / 1_000))
}

async function sizeMb({ databaseUrl }: Side): Promise<number> {
  const size = 'select pg_database_size(current_database()) as bytes'
  return Number((await ask(databaseUrl, size))[0]?.bytes) / 1e6
}

function median(times: readonly number[]): number {
  return quantile(
    times.toSorted((one, other) => one - other),
    0.5,
  )
}

const insertOldRecords = `
  insert into idempotency_record (owner_id, key, operation, fingerprint, answer, created_at)
  select 'local', gen_random_uuid(), 'createTodo', sha256(n::text::bytea),
    '{"id":"' || gen_random_uuid() || '","title":"Buy milk"}',
    clock_timestamp() - interval '25 hours' - n * interval '1 ms'
  from generate_series(1, ${oldRecords}) as n`
