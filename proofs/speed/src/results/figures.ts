import type { Series } from '../measures/rounds.ts'
import { ratioOf, type Spread, spreadOf } from './statistics.ts'

/** A figure beside its goal. */
export type Figure = {
  readonly measured: string
  readonly against: string
  /** At so many connections. */
  readonly connections?: number
  readonly unit: '' | '×' | 'kB' | 'MB' | 'ms' | 's'
  readonly goal: number
  readonly atMost: boolean
  /** Undefined where it was not measured. */
  readonly figure: Spread | undefined
  readonly reached?: boolean
}

type RateGoal = {
  readonly measured: string
  readonly of: readonly [string, Series['kind']]
  readonly against: string
  readonly to: readonly [string, Series['kind']]
  readonly at: Readonly<Record<number, number>>
}

const create = ['create', 'create'] as const
const replay = ['create', 'replay'] as const
const keyed = { measured: 'keyed `createTodo` over HTTP', of: create }
const replayed = { measured: 'replay', of: replay }
const changed = { against: 'keyed `createTodo`', to: create, at: { 64: 0.5 } }

/** Ratios of requests a second. */
const rateGoals: readonly RateGoal[] = [
  {
    ...keyed,
    against: '`node:http` and `pg`, one plain INSERT, no key',
    to: ['insert', 'create'],
    at: { 16: 1.2, 64: 2 },
  },
  {
    ...keyed,
    against: "tRPC's standalone adapter, a mutation that does nothing",
    to: ['trpc-noop', 'create'],
    at: { 16: 1.4, 64: 2.3 },
  },
  {
    ...keyed,
    against: 'the same server, one plain INSERT, no key',
    to: ['without-key', 'create'],
    at: { 16: 1.3, 64: 2 },
  },
  {
    ...keyed,
    against: 'the same server, a mutation that does nothing',
    to: ['no-op', 'create'],
    at: { 16: 0.4, 64: 0.6 },
  },
  {
    ...keyed,
    against: 'a Next route with tRPC and a Prisma transaction',
    to: ['starter-kit', 'create'],
    at: { 16: 10, 64: 10 },
  },
  { ...keyed, against: 'DBOS', to: ['dbos', 'create'], at: { 16: 10, 64: 10 } },
  { ...keyed, against: 'Restate', to: ['restate', 'create'], at: { 16: 10, 64: 10 } },
  {
    ...keyed,
    against: '@node-idempotency/core with Valkey',
    to: ['node-idempotency', 'create'],
    at: { 16: 1.7, 64: 2.5 },
  },
  {
    ...keyed,
    against: 'Powertools with Valkey',
    to: ['powertools', 'create'],
    at: { 16: 1.7, 64: 2.5 },
  },
  { ...replayed, against: 'the first call', to: create, at: { 16: 1.1, 64: 1.1 } },
  {
    ...replayed,
    against: 'a replay of @node-idempotency/core with Valkey',
    to: ['node-idempotency', 'replay'],
    at: { 16: 0.8, 64: 0.8 },
  },
  {
    ...replayed,
    against: 'a replay of Powertools with Valkey',
    to: ['powertools', 'replay'],
    at: { 16: 0.8, 64: 0.8 },
  },
  { ...changed, measured: 'keyed `updateTodo`', of: ['create', 'update'] },
  { ...changed, measured: 'keyed `deleteTodo`', of: ['create', 'delete'] },
]

/** The contenders that the goals compare with one connection. */
export const measuredAlone = ['create', 'without-key']

export function rateFigures(series: readonly Series[]): Figure[] {
  return rateGoals.flatMap(({ measured, of, against, to, at }) =>
    Object.entries(at).map(([connections, goal]) => {
      const find = ([contender, kind]: RateGoal['of']) =>
        seriesOf(series, { contender, kind, connections: Number(connections) })?.perSecond
      const about = { measured, against, connections: Number(connections), goal, atMost: false }
      return ratioFigure(about, { of: find(of), to: find(to) })
    }),
  )
}

export function latencyFigure(series: readonly Series[]): Figure {
  const [one, other] = measuredAlone.map(
    (contender) => seriesOf(series, { contender, kind: 'create', connections: 1 })?.p50Ms,
  )
  return ratioFigure(
    {
      measured: 'latency of one keyed create (p50)',
      against: 'one plain INSERT through the same server',
      connections: 1,
      goal: 1.2,
      atMost: true,
    },
    { of: one, to: other },
  )
}

type About = Omit<Figure, 'figure' | 'reached'>
type Rounds = readonly number[] | undefined

export function figure(about: About, rounds: Rounds): Figure {
  if (rounds === undefined) return { ...about, figure: undefined }
  return withSpread(about, spreadOf(rounds))
}

/** The ratio of each round to the same round of the other. */
export function ratioFigure(
  about: Omit<About, 'unit'>,
  { of, to }: { readonly of: Rounds; readonly to: Rounds },
): Figure {
  const whole = { ...about, unit: '×' as const }
  if (of === undefined || to === undefined) return { ...whole, figure: undefined }
  return withSpread(whole, ratioOf(of, to))
}

function withSpread(about: About, spread: Spread): Figure {
  const { goal, atMost } = about
  const reached = atMost ? spread.median <= goal : spread.median >= goal
  return { ...about, figure: spread, reached }
}

function seriesOf(
  series: readonly Series[],
  wanted: Pick<Series, 'contender' | 'kind' | 'connections'>,
): Series | undefined {
  return series.find(
    ({ contender, kind, connections }) =>
      contender === wanted.contender && kind === wanted.kind && connections === wanted.connections,
  )
}
