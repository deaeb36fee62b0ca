import { ratioOf, spreadOf } from '@idem/speed/statistics'
import type { LoadReport } from './load-plan.ts'

export type Summary = {
  /** Of the good clients' rate beside poison to that without, the median of the pairs of rounds. */
  readonly ratio: number
  readonly quietP99Ms: number
  readonly poisonedP99Ms: number
  readonly answered: number
  readonly errors: readonly string[]
  readonly poisonStatuses: readonly number[]
  readonly text: string
}

const mostErrors = 5

export function summarize({ warmUp, quiet, poisoned }: LoadReport): Summary {
  const rounds = [warmUp, ...quiet, ...poisoned]
  const errors = rounds.flatMap((round) => round.errors)
  const poison = totals(poisoned.map((round) => round.poison))
  const [rate, poisonedRate] = [quiet, poisoned].map((each) => each.map((round) => round.perSecond))
  const [p99, poisonedP99] = [quiet, poisoned].map(
    (each) => spreadOf(each.map((round) => round.p99Ms)).median,
  )
  const ratio = ratioOf(poisonedRate ?? [], rate ?? [])
  return {
    ratio: ratio.median,
    quietP99Ms: p99 ?? Number.NaN,
    poisonedP99Ms: poisonedP99 ?? Number.NaN,
    answered: rounds.reduce((sum, round) => sum + round.answered, 0),
    errors: errors.slice(0, mostErrors),
    poisonStatuses: Object.keys(poison).map(Number),
    text: [
      `${inWhole(rate)}/s alone, ${inWhole(poisonedRate)}/s beside poison, ratio ${ratio.median.toFixed(2)}`,
      `(${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)}), p99 ${p99?.toFixed(1)} ms alone,`,
      `${poisonedP99?.toFixed(1)} ms beside poison, ${errors.length} errors; poison by status:`,
      JSON.stringify(poison),
    ].join(' '),
  }
}

function inWhole(rates: readonly number[] = []): string {
  return spreadOf(rates).median.toFixed(0)
}

function totals(counts: readonly Readonly<Record<number, number>>[]): Record<number, number> {
  const sums: Record<number, number> = {}
  for (const [status, count] of counts.flatMap((each) => Object.entries(each))) {
    sums[Number(status)] = (sums[Number(status)] ?? 0) + count
  }
  return sums
}
