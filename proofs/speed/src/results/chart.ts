import { contenders } from '../contenders/contenders.ts'
import type { Series } from '../measures/rounds.ts'
import { type Spread, spreadOf } from './statistics.ts'

const [width, left, right, top] = [820, 280, 60, 58]
const [bar, between, gap] = [13, 2, 12]

/** Creates a second of each contender as bars, with a line from the slowest to the fastest round. */
export function chart(series: readonly Series[], caption: string): string {
  const creates = series.filter(({ kind, connections }) => kind === 'create' && connections > 1)
  const connections = [...new Set(creates.map((each) => each.connections))].toSorted(ascending)
  const groups = contenders.flatMap(({ name, title }) => {
    const own = creates.filter(({ contender }) => contender === name)
    return own.length === 0 ? [] : [{ name, title, own }]
  })
  const most = Math.max(...creates.map(({ perSecond }) => spreadOf(perSecond).most))
  const x = (rate: number) => left + (rate / most) * (width - left - right)
  const group = connections.length * (bar + between) + gap
  const height = top + groups.length * group + 28

  const bars = groups.map(({ name, title, own }, at) => {
    const y = top + at * group
    const middle = y + (connections.length * (bar + between)) / 2
    const rows = own.map(({ connections: each, perSecond }) => {
      const order = connections.indexOf(each)
      return row(spreadOf(perSecond), { x, y: y + order * (bar + between), order })
    })
    const head = name === 'create' ? ' class="head"' : ''
    return `<text${head} x="${left - 10}" y="${middle + 4}" text-anchor="end">${escaped(title)}</text>\n${rows.join('\n')}`
  })
  const legend = connections.map(
    (each, order) =>
      `<rect class="bar${order}" x="${left + order * 130}" y="32" width="12" height="12"/><text x="${left + 18 + order * 130}" y="43">${each} connections</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">
<title id="title">Creates a second of each server</title>
<desc id="description">${escaped(description(groups))}</desc>
<style>
svg { font: 13px system-ui, sans-serif; background: #fff; fill: #1f2328 }
.bar0 { fill: #7fb69a } .bar1 { fill: #2f6f4f } .spread { stroke: #1f2328 } .small { font-size: 11px } .head { font-weight: 600 }
@media (prefers-color-scheme: dark) {
svg { background: #0d1117; fill: #e6edf3 }
.bar0 { fill: #2f6f4f } .bar1 { fill: #7fb69a } .spread { stroke: #e6edf3 }
}
</style>
<text class="head" x="10" y="20">Creates a second: the median of the rounds, with the slowest and the fastest</text>
${legend.join('\n')}
${bars.join('\n')}
<text class="small" x="10" y="${height - 8}">${escaped(caption)}</text>
</svg>
`
}

type Place = {
  readonly x: (rate: number) => number
  readonly y: number
  readonly order: number
}

function row({ median, least, most }: Spread, { x, y, order }: Place): string {
  const middle = y + bar / 2
  const at = (rate: number) => x(rate).toFixed(1)
  return `<rect class="bar${order}" x="${left}" y="${y}" width="${(x(median) - left).toFixed(1)}" height="${bar}"/>
<path class="spread" d="M${at(least)} ${middle}H${at(most)}"/>
<text class="small" x="${(x(most) + 6).toFixed(1)}" y="${middle + 4}">${Math.round(median).toLocaleString('en')}</text>`
}

function description(groups: readonly { title: string; own: readonly Series[] }[]): string {
  return groups
    .map(({ title, own }) => {
      const rates = own.map(
        ({ connections, perSecond }) =>
          `${Math.round(spreadOf(perSecond).median)} with ${connections} connections`,
      )
      return `${title}: ${rates.join(', ')}.`
    })
    .join(' ')
}

function ascending(one: number, other: number): number {
  return one - other
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
