import type { Series } from './rounds.ts'
import { ratioOf, type Spread } from './statistics.ts'

export type Comparison = {
  readonly what: string
  readonly against: string
  readonly connections: number
  readonly ratio: Spread
  /** The ratio has to be at least, or for latencies at most, this. */
  readonly goal: number
  readonly reached: boolean
}

type Goal = { what: string; against: string; at: Readonly<Record<number, number>> }

const throughput: readonly Goal[] = [
  { what: 'create', against: 'insert', at: { 16: 1.2, 64: 2 } },
  { what: 'create', against: 'no-op', at: { 16: 1.4, 64: 2.3 } },
  { what: 'replay', against: 'create', at: { 16: 1.1, 64: 1.1 } },
]

/** At one connection nothing shares a commit: what is left is what a key costs. */
const latency: readonly Goal[] = [{ what: 'create', against: 'insert', at: { 1: 1.2 } }]

export function compare(series: readonly Series[]): Comparison[] {
  return [
    ...compared(series, throughput, 'perSecond', (ratio, goal) => ratio >= goal),
    ...compared(series, latency, 'p50Ms', (ratio, goal) => ratio <= goal),
  ]
}

function compared(
  series: readonly Series[],
  goals: readonly Goal[],
  measure: 'perSecond' | 'p50Ms',
  isReached: (ratio: number, goal: number) => boolean,
): Comparison[] {
  return goals.flatMap(({ what, against, at }) =>
    series
      .filter(({ side }) => side === what)
      .flatMap(({ connections, [measure]: rounds }) => {
        const goal = at[connections]
        const other = series.find((one) => one.side === against && one.connections === connections)
        if (goal === undefined || other === undefined) return []
        const ratio = ratioOf(rounds, other[measure])
        return [{ what, against, connections, ratio, goal, reached: isReached(ratio.median, goal) }]
      }),
  )
}
