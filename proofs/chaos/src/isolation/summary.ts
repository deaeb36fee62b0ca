import { ratioOf, type Spread, spreadOf } from '@idem/speed/statistics'
import type { LoadReport } from './load-plan.ts'
import type { Round } from './run-round.ts'

export type Summary = {
  /** The good clients' rate beside poison, relative to that without; the median of the pairs of rounds. */
  readonly ratio: number
  /** The same for their p99. */
  readonly p99Ratio: number
  /** The increase of their p99 beside poison, the median of the pairs. */
  readonly p99MoreMs: number
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
  const of = (rounds: readonly Round[], measure: 'perSecond' | 'p99Ms') =>
    rounds.map((round) => round[measure])
  const [rate, poisonedRate] = [of(quiet, 'perSecond'), of(poisoned, 'perSecond')]
  const [p99, poisonedP99] = [of(quiet, 'p99Ms'), of(poisoned, 'p99Ms')]
  const ratio = ratioOf(poisonedRate, rate)
  const p99Ratio = ratioOf(poisonedP99, p99)
  const p99More = spreadOf(poisonedP99.map((ms, at) => ms - (p99[at] ?? Number.NaN)))
  const median = (values: readonly number[]) => spreadOf(values).median.toFixed(0)
  return {
    ratio: ratio.median,
    p99Ratio: p99Ratio.median,
    p99MoreMs: p99More.median,
    answered: rounds.reduce((sum, round) => sum + round.answered, 0),
    errors: errors.slice(0, mostErrors),
    poisonStatuses: Object.keys(poison).map(Number),
    text: [
      `${median(rate)} creates/s alone, ${median(poisonedRate)} beside poison, ratio ${between(ratio)};`,
      `p99 ${median(p99)} ms alone, ${median(poisonedP99)} ms beside poison, ratio ${between(p99Ratio)};`,
      `${errors.length} errors; poison by status: ${JSON.stringify(poison)}`,
    ].join(' '),
  }
}

function between({ median, least, most }: Spread): string {
  return `${median.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`
}

function totals(counts: readonly Readonly<Record<number, number>>[]): Record<number, number> {
  const sums: Record<number, number> = {}
  for (const [status, count] of counts.flatMap((each) => Object.entries(each))) {
    sums[Number(status)] = (sums[Number(status)] ?? 0) + count
  }
  return sums
}
