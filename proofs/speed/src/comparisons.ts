import type { BesideCleaning } from './cleaning.ts'
import type { ListPages } from './list-page.ts'
import { ratioOf, type Spread } from './results/statistics.ts'
import type { Series } from './rounds.ts'

export type Comparison = {
  readonly measured: string
  readonly against: string
  readonly connections: number
  readonly measure: 'throughput' | 'latency' | 'p99'
  readonly ratio: Spread
  /** The minimum of the ratio, for latencies the maximum. */
  readonly goal: number
  readonly reached: boolean
}

type Goal = { measured: string; against: string; at: Readonly<Record<number, number>> }

const throughput: readonly Goal[] = [
  { measured: 'create', against: 'insert', at: { 16: 1.2, 64: 2 } },
  { measured: 'create', against: 'no-op', at: { 16: 1.4, 64: 2.3 } },
  { measured: 'replay', against: 'create', at: { 16: 1.1, 64: 1.1 } },
]

/** At one connection no commit is shared, so the difference is the cost of a key. */
const latency: readonly Goal[] = [{ measured: 'create', against: 'insert', at: { 1: 1.2 } }]

export function compare(series: readonly Series[]): Comparison[] {
  return [
    ...compared(series, throughput, 'perSecond', atLeast),
    ...compared(series, latency, 'p50Ms', atMost),
  ]
}

export function besideCleaning({ alone, cleaning }: BesideCleaning): Comparison {
  return {
    ...{ measured: 'create beside cleaning', against: 'create', connections: 16, measure: 'p99' },
    ...withGoal(ratioOf(cleaning, alone), 1.5, atMost),
  }
}

export function manyTodos({ few, many }: ListPages): Comparison {
  return {
    ...{ measured: 'page of 100,000 todos', against: '1,000', connections: 1, measure: 'latency' },
    ...withGoal(ratioOf(many, few), 1.1, atMost),
  }
}

const atLeast = (ratio: number, goal: number) => ratio >= goal
const atMost = (ratio: number, goal: number) => ratio <= goal

function withGoal(ratio: Spread, goal: number, isReached: typeof atLeast) {
  return { ratio, goal, reached: isReached(ratio.median, goal) }
}

function compared(
  series: readonly Series[],
  goals: readonly Goal[],
  measure: 'perSecond' | 'p50Ms',
  isReached: typeof atLeast,
): Comparison[] {
  return goals.flatMap(({ measured, against, at }) =>
    series
      .filter(({ side }) => side === measured)
      .flatMap(({ connections, [measure]: rounds }) => {
        const goal = at[connections]
        const other = series.find((one) => one.side === against && one.connections === connections)
        if (goal === undefined || other === undefined) return []
        const ratio = ratioOf(rounds, other[measure])
        const kind = measure === 'perSecond' ? 'throughput' : 'latency'
        return [
          { measured, against, connections, measure: kind, ...withGoal(ratio, goal, isReached) },
        ]
      }),
  )
}
