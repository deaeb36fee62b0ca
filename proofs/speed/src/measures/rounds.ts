import type { Contender } from '../contenders/contenders.ts'
import { type RunningContender, startContender } from '../contenders/start-contender.ts'
import { checkOnce, type Once, type OncePlan } from '../correctness/check-once.ts'
import {
  createDeletes,
  createReplays,
  createRequest,
  createUpdates,
  type Kept,
} from '../requests/create-requests.ts'
import { type Ask, load } from '../requests/load.ts'
import { quantile } from '../results/statistics.ts'
import { checkRows } from '../results/tally.ts'
import { ask, type BenchDatabase } from '../servers/bench-database.ts'
import { microsForEach, type ProcessorTime, processorTime } from './processor-time.ts'

export type Series = {
  readonly contender: string
  readonly kind: 'create' | 'replay' | 'update' | 'delete'
  readonly connections: number
  /** One value per round. */
  readonly perSecond: number[]
  readonly p50Ms: number[]
  readonly p99Ms: number[]
  /** Answers that were errors. */
  readonly errors: number[]
  /** For each answer; empty where it cannot be read. */
  readonly processorMicros: ProcessorTime[]
}

export type Rounds = { readonly series: readonly Series[]; readonly checked: readonly Once[] }

export type Plan = {
  readonly contenders: readonly Contender[]
  readonly database: BenchDatabase
  readonly connections: readonly number[]
  /** The contenders that are also measured with one connection. */
  readonly alone: readonly string[]
  readonly rounds: number
  readonly seconds: number
  /** Seconds of a load before each kind of request that is not counted: code is compiled and connections are opened in it. */
  readonly warmUp: Readonly<Record<'creates' | 'others', number>>
  /** The repeated requests at the end of the last visit. */
  readonly once: OncePlan
}

/**
 * Each round visits every contender, one after the other, so that compared values are from the same
 * minutes; every second round in the opposite order. A contender runs only during its visit, on a new
 * database, so that none of them, idle or full, takes anything from another.
 */
export async function runRounds(
  plan: Plan,
  onVisit: (round: number, contender: Contender) => void,
): Promise<Rounds> {
  const series = new Map<string, Series>()
  const checked: Once[] = []
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const contender of round % 2 === 0 ? plan.contenders : plan.contenders.toReversed()) {
      onVisit(round, contender)
      await using running = await startContender(contender, plan.database)
      for (const measured of await measureAll(running, plan)) add(series, contender, measured)
      if (contender.checked && round === plan.rounds - 1) {
        checked.push(await checkOnce(running, plan.once))
      }
    }
  }
  return { series: [...series.values()], checked }
}

type Measured = Pick<Series, 'kind' | 'connections'> & {
  readonly perSecond: number
  readonly errors: number
  readonly latenciesMs: Float64Array
  readonly processorMicros: ProcessorTime | undefined
}

async function measureAll(running: RunningContender, plan: Plan): Promise<Measured[]> {
  const { connections, alone, seconds, warmUp } = plan
  const most = Math.max(...connections)
  const { contender, url, databaseUrl } = running
  const kept: Kept = []
  let [acknowledged, unknown] = [0, 0]
  const create = () => createRequest(kept)

  async function measure(
    kind: Series['kind'],
    each: number,
    request: () => Ask,
    { forSeconds = seconds, to = url } = {},
  ): Promise<Measured> {
    const before = processorTime(running, plan.database)
    const measured = await load({
      ...{ url: to, connections: each, seconds: forSeconds, ask: request, countErrors: true },
    })
    if (kind === 'create') {
      acknowledged += measured.answered
      unknown += measured.errors
    }
    const after = processorTime(running, plan.database)
    const processorMicros = before && after && microsForEach(measured.answered, before, after)
    return { kind, connections: each, ...measured, processorMicros }
  }

  await measure('create', most, create, { forSeconds: warmUp.creates })
  // Autovacuum does it within a minute; a server may get slower by it.
  await ask(databaseUrl, 'vacuum analyze')
  const all: Measured[] = []
  for (const each of alone.includes(contender.name) ? [1, ...connections] : connections) {
    all.push(await measure('create', each, create))
  }
  const measureOthers = async (kind: Series['kind'], request: () => Ask, to = url) => {
    await measure(kind, most, request, { forSeconds: warmUp.others, to })
    for (const each of connections) all.push(await measure(kind, each, request, { to }))
  }
  if (contender.replays === true) await measureOthers('replay', createReplays(kept))
  await checkRows({ url: databaseUrl, tables: contender.counted, acknowledged, unknown })
  if (contender.changes === true) {
    await measureOthers('update', createUpdates(kept), `${new URL('updateTodo', url)}`)
    await measureOthers('delete', createDeletes(kept), `${new URL('deleteTodo', url)}`)
  }
  return all
}

function add(all: Map<string, Series>, { name }: Contender, measured: Measured): void {
  const { kind, connections, perSecond, errors, latenciesMs, processorMicros } = measured
  const id = `${name} ${kind} ${connections}`
  const empty = { contender: name, kind, connections, ...noRounds() }
  const series: Series = all.get(id) ?? empty
  all.set(id, series)
  const sorted = latenciesMs.toSorted()
  series.perSecond.push(perSecond)
  series.p50Ms.push(quantile(sorted, 0.5))
  series.p99Ms.push(quantile(sorted, 0.99))
  series.errors.push(errors)
  if (processorMicros !== undefined) series.processorMicros.push(processorMicros)
}

function noRounds() {
  return { perSecond: [], p50Ms: [], p99Ms: [], errors: [], processorMicros: [] }
}
