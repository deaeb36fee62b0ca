import { parseArgs } from 'node:util'
import { createIdempotency } from '@idem/idempotency'
import { reconcile } from '@idem/operations/reconcile'
import { purgeTombstones } from '@idem/todos/purge-tombstones'
import pg from 'pg'
import { fillHistory } from './measures/fill-history.ts'
import { quantile } from './results/statistics.ts'
import { type BenchDatabase, onBenchDatabase } from './servers/bench-database.ts'

/**
 * The duration of a cleaning batch and of a reconciling step among few and among
 * many rows, of which one in ten is old. Half of the small tables come before the
 * large ones and half after, so that a change of the machine shows.
 */
const { values: flags } = parseArgs({
  options: {
    rows: { type: 'string', default: '10000000' },
    few: { type: 'string', default: '10000' },
    database: { type: 'string' },
  },
})

/** One in this many rows is old enough to be removed. */
const oldOneIn = 10
const smallTables = 20

const steps = ['keys, a batch', 'tombstones, a batch', 'reconcile, a step'] as const
type Step = (typeof steps)[number]
/** The milliseconds of each statement of a step. */
type Times = Readonly<Record<Step, number[]>>

await onBenchDatabase(flags.database, async (database) => {
  const before = await measureSmall(database, 'before')
  await using filled = await database.scratch('many')
  const many = await measure(filled.url, Number(flags.rows))
  const after = await measureSmall(database, 'after')
  for (const step of steps) {
    const ratio = median(many[step]) / median([...before[step], ...after[step]])
    console.log(`${step}: ${ratio.toFixed(2)} × as long among ${flags.rows} rows`)
  }
})

async function measureSmall(database: BenchDatabase, name: string): Promise<Times> {
  const all = noTimes()
  for (let at = 0; at < smallTables; at += 1) {
    await using few = await database.scratch(`few_${name}_${at}`)
    const times = await measure(few.url, Number(flags.few), { isQuiet: true })
    for (const step of steps) all[step].push(...times[step])
  }
  print(`${smallTables} × ${flags.few} rows, ${name}`, all)
  return all
}

async function measure(url: string, rows: number, { isQuiet = false } = {}): Promise<Times> {
  const begun = performance.now()
  await fillHistory(url, { rows, oldOneIn })
  const filledMs = performance.now() - begun

  await using client = await connect(url)
  const times = noTimes()
  const queryFor = (step: Step) => async (text: string, values: readonly unknown[]) => {
    const asked = performance.now()
    const { rows: result } = await client.query(text, [...values])
    // The last batch of a cleaning finds no more rows.
    const isEmpty = result[0]?.forgotten === 0 || result[0]?.purged === 0
    if (!isEmpty) times[step].push(performance.now() - asked)
    return result
  }
  const clean = (retentionHours: number) =>
    createIdempotency({
      adapter: {
        transaction: (work) => work(undefined, queryFor('keys, a batch')),
        codeOf: () => undefined,
      },
      schema: 'public',
      retentionHours,
    }).clean()
  const purge = (retentionDays: number) =>
    purgeTombstones({ query: queryFor('tombstones, a batch'), retentionDays })
  // Nothing is so old: the session has read the catalog before it is measured.
  await clean(100 * 24)
  await purge(10_000)
  await clean(24)
  await purge(365)
  await reconcile({ query: queryFor('reconcile, a step'), policy: { retentionHours: 24 } })
  if (!isQuiet) print(`${rows} rows, filled in ${Math.round(filledMs / 1_000)} s`, times)
  return times
}

async function connect(url: string) {
  const client = new pg.Client({ connectionString: url })
  // A stop signal drops its database; the running statement rejects.
  client.on('error', () => {})
  await client.connect()
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() })
}

function noTimes(): Times {
  return { 'keys, a batch': [], 'tombstones, a batch': [], 'reconcile, a step': [] }
}

function print(title: string, times: Times): void {
  console.log(title)
  for (const step of steps) {
    const sorted = times[step].toSorted((one, other) => one - other)
    const [half, slow, most] = [0.5, 0.99, 1].map((at) => quantile(sorted, at).toFixed(1))
    console.log(
      `  ${step}: ${sorted.length} × median ${half} ms, p99 ${slow} ms, longest ${most} ms`,
    )
  }
}

function median(times: readonly number[]): number {
  return quantile(
    times.toSorted((one, other) => one - other),
    0.5,
  )
}
