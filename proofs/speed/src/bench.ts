import { mkdir, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { measureCleaning } from './cleaning.ts'
import { besideCleaning, compare, manyTodos } from './comparisons.ts'
import { fillTodos, measureListPage } from './list-page.ts'
import { createReplays, createRequest, type Kept } from './requests/create-requests.ts'
import { load } from './requests/load.ts'
import { chart } from './results/chart.ts'
import { comparisonTable, seriesTable } from './results/report.ts'
import { checkRows, type Tally } from './results/tally.ts'
import { runRounds, type Side } from './rounds.ts'
import { type BenchDatabase, openBenchDatabase } from './servers/bench-database.ts'
import { startServer } from './servers/server-process.ts'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string' },
    connections: { type: 'string', default: '16,64' },
    short: { type: 'boolean', default: false },
    database: { type: 'string' },
    records: { type: 'string', default: '200000' },
  },
})
const rounds = Number(flags.rounds)
const seconds = Number(flags.seconds ?? (flags.short ? 1 : 5))
const connections = flags.connections.split(',').map(Number)

const stack = new AsyncDisposableStack()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => stack.disposeAsync().finally(() => process.exit(1)))
}
try {
  await bench(stack.use(await openBenchDatabase(flags.database)))
} finally {
  await stack.disposeAsync()
}

async function bench(database: BenchDatabase): Promise<void> {
  const [ours, theirs] = [await database.create('idem'), await database.create('insert')]
  const tallies = {
    create: tally(ours, ['todo', 'idempotency_record']),
    insert: tally(theirs, ['todo']),
  }
  const kept: Kept = []
  const server = await start('../../../apps/server/src/main.ts', ours)
  const create = side(
    'create',
    `${server}/api/trpc/createTodo`,
    () => createRequest(kept),
    tallies.create,
  )
  const insert = side(
    'insert',
    await start('./servers/insert-server.ts', theirs),
    createRequest,
    tallies.insert,
  )
  const noop = side(
    'no-op',
    `${await start('./servers/trpc-noop-server.ts', theirs)}/api/trpc/createTodo`,
    createRequest,
  )
  const replay = side('replay', create.url, createReplays(kept))

  const caption = `Node ${process.versions.node}, PostgreSQL ${database.version}, ${availableParallelism()} cores (${cpus()[0]?.model}), shared by server, database and load generator; ${rounds} rounds of ${seconds} s.`
  console.log(`${caption}\n`)
  for (const each of [create, replay, insert, noop]) {
    const { answered } = await load({ ...each, connections: 64, seconds: Math.min(2, seconds) })
    each.onAnswered(answered)
  }
  const progress = (name: string) => (round: number) =>
    console.log(`${name}, round ${round + 1} of ${rounds}`)
  const series = [
    ...(await runRounds(
      { sides: [create, replay, insert, noop], connections, rounds, seconds },
      progress('throughput'),
    )),
    ...(await runRounds(
      { sides: [create, insert], connections: [1], rounds, seconds },
      progress('latency'),
    )),
  ]
  progress('cleaning')(rounds - 1)
  const cleaning = await measureCleaning({
    ...{ url: ours, side: create, rounds, seconds },
    records: Number(flags.records),
  })
  progress('pages of a list')(rounds - 1)
  const lists = await measureListPage({
    few: await startWithTodos(database, 1_000),
    many: await startWithTodos(database, 100_000),
    rounds,
    pages: 40 * seconds,
  })
  const comparisons = [...compare(series), besideCleaning(cleaning), manyTodos(lists)]
  await Promise.all(Object.values(tallies).map(checkRows))

  console.log(`\n${seriesTable(series)}\n\n${comparisonTable(comparisons)}\n`)
  console.log('Every counted answer was checked, and each acknowledged todo exists once.')
  const folder = new URL('../results/', import.meta.url)
  await mkdir(folder, { recursive: true })
  await writeFile(
    new URL('speed.json', folder),
    `${JSON.stringify({ caption, at: new Date(), series, comparisons }, null, 2)}\n`,
  )
  await writeFile(new URL('speed.svg', folder), chart(series, caption))
}

async function start(file: string, url: string): Promise<string> {
  return stack.use(await startServer(file, { DATABASE_URL: url })).url
}

async function startWithTodos(database: BenchDatabase, todos: number): Promise<string> {
  const url = await database.create(`todos_${todos}`)
  const server = await start('../../../apps/server/src/main.ts', url)
  await fillTodos(url, todos)
  return server
}

function tally(url: string, tables: readonly string[]): Tally {
  return { url, tables, acknowledged: 0 }
}

/** A side with a tally creates a row for every answer. */
function side(name: string, url: string, ask: Side['ask'], tally?: Tally): Side {
  return {
    name,
    url,
    ask,
    onAnswered(answers) {
      if (tally !== undefined) tally.acknowledged += answers
    },
  }
}
