import type { Comparison } from '../comparisons.ts'
import type { Series } from '../rounds.ts'
import { type Spread, spreadOf } from './statistics.ts'

export function seriesTable(series: readonly Series[]): string {
  return table(
    ['side', 'connections', 'requests/s', 'spread', 'p50 ms', 'p99 ms'],
    series.map(({ side, connections, perSecond, p50Ms, p99Ms }) => {
      const rate = spreadOf(perSecond)
      return [
        side,
        String(connections),
        rate.median.toFixed(0),
        between(rate, 0),
        spreadOf(p50Ms).median.toFixed(2),
        spreadOf(p99Ms).median.toFixed(2),
      ]
    }),
  )
}

export function comparisonTable(comparisons: readonly Comparison[]): string {
  return table(
    ['comparison', 'connections', 'ratio', 'spread', 'goal', ''],
    comparisons.map(({ measured, against, connections, measure, ratio, goal, reached }) => [
      `${measured} / ${against}${measure === 'throughput' ? '' : `, ${measure}`}`,
      String(connections),
      ratio.median.toFixed(2),
      between(ratio, 2),
      `${measure === 'throughput' ? '≥' : '≤'} ${goal}`,
      reached ? 'reached' : 'missed',
    ]),
  )
}

function between({ least, most }: Spread, digits: number): string {
  return `${least.toFixed(digits)}–${most.toFixed(digits)}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, at) =>
    Math.max(name.length, ...rows.map((row) => (row[at] ?? '').length)),
  )
  return [head, widths.map((width) => '-'.repeat(width)), ...rows]
    .map((row) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`)
    .join('\n')
}
