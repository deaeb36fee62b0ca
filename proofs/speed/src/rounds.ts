import { type Ask, load } from './requests/load.ts'
import { quantile } from './results/statistics.ts'

/** One server and one kind of request. */
export type Side = {
  readonly name: string
  readonly url: string
  readonly ask: () => Ask
  /** Called for every counted answer. */
  readonly onAnswered: (answers: number) => void
}

export type Series = {
  readonly side: string
  readonly connections: number
  /** One value per round. */
  readonly perSecond: number[]
  readonly p50Ms: number[]
  readonly p99Ms: number[]
}

export type Plan = {
  readonly sides: readonly Side[]
  readonly connections: readonly number[]
  readonly rounds: number
  readonly seconds: number
}

/**
 * Each round measures every side at every number of connections, one after the other, so that compared
 * values are from the same minutes; every second round in the opposite order, so that no side is always
 * first.
 */
export async function runRounds(plan: Plan, onRound: (round: number) => void): Promise<Series[]> {
  const series = plan.connections.flatMap((connections) =>
    plan.sides.map((side) => ({
      side,
      result: { side: side.name, connections, perSecond: [], p50Ms: [], p99Ms: [] } as Series,
    })),
  )
  for (let round = 0; round < plan.rounds; round += 1) {
    onRound(round)
    for (const { side, result } of round % 2 === 0 ? series : series.toReversed()) {
      const { connections } = result
      const measured = await load({ ...side, connections, seconds: plan.seconds })
      side.onAnswered(measured.answered)
      const sorted = measured.latenciesMs.toSorted()
      result.perSecond.push(measured.perSecond)
      result.p50Ms.push(quantile(sorted, 0.5))
      result.p99Ms.push(quantile(sorted, 0.99))
    }
  }
  return series.map(({ result }) => result)
}
