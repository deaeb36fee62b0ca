import { type PgBouncerServer, pgbouncerServer } from '@idem/test-support/pgbouncer-server'
import { createRequest } from '../requests/create-requests.ts'
import { load } from '../requests/load.ts'
import { checkRows } from '../results/tally.ts'
import { ask, type BenchDatabase } from '../servers/bench-database.ts'
import { ownProcessorSeconds, processorSeconds } from '../servers/process-usage.ts'
import { type App, startApp } from './start-app.ts'

export type ProcessesPlan = {
  readonly database: BenchDatabase
  readonly processes: readonly number[]
  /** Of all processes together. */
  readonly connections: number
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
}

/** Keyed creates through some server processes at one database; one value per round. */
export type Processes = {
  readonly processes: number
  readonly pooled: boolean
  readonly perSecond: number[]
  /** Processor seconds for 1,000 creates. */
  readonly serverCpu: number[]
  readonly databaseCpu: number[]
  readonly poolerCpu: number[]
  readonly loadCpu: number[]
  /** Bytes of write-ahead log for one create. */
  readonly walBytes: number[]
}

/** Enough for the batches of four processes; fewer than PostgreSQL accepts. */
const poolerSettings = ['default_pool_size = 20', 'max_client_conn = 200']

/** Each round visits every combination, so that compared values are from the same minutes. */
export async function measureProcesses(
  plan: ProcessesPlan,
  onVisit: (round: number, visit: Pick<Processes, 'processes' | 'pooled'>) => void,
): Promise<Processes[]> {
  const all = plan.processes.flatMap((processes) =>
    [false, true].map((pooled) => ({ processes, pooled, ...noRounds() })),
  )
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const each of round % 2 === 0 ? all : all.toReversed()) {
      onVisit(round, each)
      const measured = await visit(each, plan)
      for (const [name, value] of Object.entries(measured)) {
        each[name as keyof typeof measured].push(value)
      }
    }
  }
  return all
}

async function visit(
  { processes, pooled }: Pick<Processes, 'processes' | 'pooled'>,
  { database, connections, seconds, warmUpSeconds }: ProcessesPlan,
) {
  const { postmaster } = database
  if (postmaster === undefined) throw new Error('Expected an embedded PostgreSQL on Linux.')
  await using running = new AsyncDisposableStack()
  const { url } = running.use(await database.scratch('processes'))
  const pooler = pooled ? running.use(await startPooler(url)) : undefined
  const apps = await Promise.all(
    Array.from({ length: processes }, async () => {
      const settings: Record<string, string> = pooled ? { IDEM_POOLER: 'transaction' } : {}
      return running.use(await startApp(pooler?.url ?? url, settings))
    }),
  )
  const usage = async () => ({
    serverCpu: sumOf(apps.map(({ pid }) => processorSeconds(pid))),
    databaseCpu: processorSeconds(postmaster),
    poolerCpu: pooler === undefined ? 0 : processorSeconds(pooler.pid),
    loadCpu: ownProcessorSeconds(),
    walBytes: await walBytesOf(url),
  })
  const warmUp = await loadAll(apps, connections, warmUpSeconds)
  const before = await usage()
  const { answered, perSecond } = await loadAll(apps, connections, seconds)
  const after = await usage()
  const acknowledged = warmUp.answered + answered
  await checkRows({ url, tables: ['todo', 'idempotency_record'], acknowledged })
  const each = (name: keyof typeof before) => (after[name] - before[name]) / answered
  return {
    perSecond,
    serverCpu: 1_000 * each('serverCpu'),
    databaseCpu: 1_000 * each('databaseCpu'),
    poolerCpu: 1_000 * each('poolerCpu'),
    loadCpu: 1_000 * each('loadCpu'),
    walBytes: each('walBytes'),
  }
}

/** Also ends when this process ends early: the others end with their channel, but PgBouncer has none. */
async function startPooler(url: string): Promise<PgBouncerServer> {
  const pooler = await pgbouncerServer(url, poolerSettings)
  const kill = () => process.kill(pooler.pid, 'SIGKILL')
  process.once('exit', kill)
  return {
    ...pooler,
    async [Symbol.asyncDispose]() {
      process.off('exit', kill)
      await pooler[Symbol.asyncDispose]()
    },
  }
}

async function loadAll(apps: readonly App[], connections: number, seconds: number) {
  const begun = performance.now()
  const shares = await Promise.all(
    apps.map(({ url }) =>
      load({ url, connections: connections / apps.length, seconds, ask: () => createRequest() }),
    ),
  )
  const answered = sumOf(shares.map((share) => share.answered))
  return { answered, perSecond: (1_000 * answered) / (performance.now() - begun) }
}

async function walBytesOf(url: string): Promise<number> {
  const written = `select pg_current_wal_lsn() - '0/0'::pg_lsn as bytes`
  return Number((await ask(url, written))[0]?.bytes)
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function noRounds(): Omit<Processes, 'processes' | 'pooled'> {
  return {
    perSecond: [],
    serverCpu: [],
    databaseCpu: [],
    poolerCpu: [],
    loadCpu: [],
    walBytes: [],
  }
}
