import type { Series } from '../rounds.ts'
import { spreadOf } from './statistics.ts'

const [width, left, bar, gap] = [760, 190, 22, 8]
const colours: Readonly<Record<string, string>> = { create: '#2f6f4f', replay: '#7fb69a' }

/** Requests per second as bars, with a line from the slowest to the fastest round. */
export function chart(series: readonly Series[], caption: string): string {
  const rows = series.filter(({ connections }) => connections > 1)
  const most = Math.max(...rows.map(({ perSecond }) => spreadOf(perSecond).most))
  const x = (rate: number) => left + (rate / most) * (width - left - 90)
  const bars = rows.map(({ side, connections, perSecond }, at) => {
    const { median, least, most } = spreadOf(perSecond)
    const top = 40 + at * (bar + gap)
    const middle = top + bar / 2
    return `<text x="${left - 8}" y="${middle + 4}" text-anchor="end">${side}, ${connections}</text>
  <rect x="${left}" y="${top}" width="${x(median) - left}" height="${bar}" fill="${colours[side] ?? '#9aa0a6'}"/>
  <path d="M${x(least)} ${middle}H${x(most)}" stroke="#202124" stroke-width="2"/>
  <text x="${x(most) + 8}" y="${middle + 4}">${median.toFixed(0)}</text>`
  })
  const height = 60 + rows.length * (bar + gap)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">
  <rect width="100%" height="100%" fill="#fff"/>
  <text x="8" y="22" font-weight="bold">Requests a second, by connections (median of rounds, with spread)</text>
  ${bars.join('\n  ')}
  <text x="8" y="${height - 6}" font-size="11">${caption}</text>
</svg>
`
}
