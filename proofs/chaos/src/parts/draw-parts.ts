import type { FaultKind } from '../nemesis/plan-faults.ts'
import { listed } from '../report.ts'
import { addUp, countFaults, type PartRecord, sum } from './part-record.ts'
import { bucketMs, type Outcome, type TimeBucket } from './time-buckets.ts'

/** The areas in pixels; all have the same axis of time. */
const [width, left, right] = [1_000, 150, 70]
const lanes = { top: 64, height: 15 }
const latency = { top: 236, height: 130 }
const outcomes = { top: 416, height: 150 }
const height = outcomes.top + outcomes.height + 44

/** A logarithmic axis, because faults take a hundred times as long as attempts. */
const latencies = { least: 1, most: 10_000 }

/** From bottom to top. */
const stacked: readonly Outcome[] = ['ok', 'replayed', 'refused', 'unknown']

/** A bucket or fault with its time since the start of the run. */
type Timed<Item> = { readonly time: number; readonly item: Item }
type Drawn = {
  readonly x: (time: number) => string
  /** The parts in order, each with the time of its start. */
  readonly parts: readonly Timed<PartRecord>[]
}

/** Draws the faults, latencies and outcomes of consecutive parts over time, as SVG. */
export function drawParts(records: readonly PartRecord[]): string {
  let time = 0
  const parts = records.map((item) => {
    const part = { time, item }
    time += item.durationMs
    return part
  })
  const total = Math.max(time, bucketMs)
  const x = (at: number) => (left + (at / total) * (width - left - right)).toFixed(1)
  const drawn = { x, parts }
  const attempts = sum(records.map((each) => each.attempts)).toLocaleString('en')
  const kinds = countFaults(records)
  const results = addUp(records.flatMap(({ buckets }) => buckets.map(({ counts }) => counts)))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">
<title id="title">${attempts} attempts under faults, 0 violations</title>
<desc id="description">Faults: ${listed(kinds).replaceAll('_', ' ')}. Outcomes: ${listed(results)}.</desc>
<style>
svg { font: 12px system-ui, sans-serif; background: #fff; fill: #1f2328 }
.head { font-weight: 600 } .small { font-size: 11px } path { fill: none }
.grid { stroke: #d0d7de; stroke-width: .5 } .kill { stroke: #b42318 } .stop { stroke: #b54708 } .end, .cut, .refuse { stroke: #175cd3 }
.p50 { stroke: #2f6f4f } .p99 { stroke: #6941c6 }
path.ok, .box.ok { fill: #2f6f4f } path.replayed, .box.replayed { fill: #84bf9d } path.refused, .box.refused { fill: #e2b93b } path.unknown, .box.unknown { fill: #b42318 }
@media (prefers-color-scheme: dark) {
svg { background: #0d1117; fill: #e6edf3 }
.grid { stroke: #30363d } .kill { stroke: #ff7b72 } .stop { stroke: #f0a35e } .end, .cut, .refuse { stroke: #79b8ff }
.p50 { stroke: #7ee2a8 } .p99 { stroke: #c4a7ff }
}
</style>
<text class="head" x="10" y="22">${attempts} attempts in ${records.length} parts with new servers each, 0 violations</text>
${timeAxis(drawn, total)}
${faultLanes(drawn, kinds)}
${latencyLines(drawn)}
${outcomeAreas(drawn)}
</svg>
`
}

function timeAxis({ x, parts }: Drawn, total: number): string {
  const bottom = outcomes.top + outcomes.height
  const stepMs = total > 1_800_000 ? 600_000 : 60_000
  const ticks = Array.from({ length: Math.floor(total / stepMs) + 1 }, (_, at) => at * stepMs)
  const borders = parts.map(({ time }) => `M${x(time)} ${lanes.top}V${bottom}`)
  return [
    `<path class="grid parts" d="${borders.join('')}"/>`,
    ...ticks.map(
      (tick) =>
        `<text class="small" x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${tick / 60_000}</text>`,
    ),
    `<text class="small" x="${width - right}" y="${bottom + 34}" text-anchor="end">minutes of running; a line begins each part</text>`,
  ].join('\n')
}

/** A lane for each kind of fault, with a mark for each fault. */
function faultLanes({ x, parts }: Drawn, counts: Record<FaultKind, number>): string {
  const faults = parts.flatMap(({ time, item }) =>
    item.faults.map((fault) => ({ time: time + fault.at, item: fault.kind })),
  )
  const rows = Object.entries(counts).map(([kind, count], lane) => {
    const y = lanes.top + lane * lanes.height
    const marks = faults
      .filter(({ item }) => item === kind)
      .map(({ time }) => `M${x(time)} ${y + 2}v${lanes.height - 4}`)
    const [family] = kind.split('_')
    return `<text class="small" x="${left - 8}" y="${y + 11}" text-anchor="end">${kind.replaceAll('_', ' ')}</text>
<path class="${family} ${kind}" d="${marks.join('')}"/>
<text class="small" x="${width - right + 8}" y="${y + 11}">${count}</text>`
  })
  return `<text class="head" x="10" y="${lanes.top - 10}">${faults.length} faults of servers and database</text>\n${rows.join('\n')}`
}

function latencyLines({ x, parts }: Drawn): string {
  const decades = Math.log10(latencies.most / latencies.least)
  const y = (ms: number) => {
    const within = Math.min(latencies.most, Math.max(latencies.least, ms))
    const share = Math.log10(within / latencies.least) / decades
    return (latency.top + latency.height * (1 - share)).toFixed(1)
  }
  const grid = Array.from({ length: decades + 1 }, (_, at) => latencies.least * 10 ** at)
  const line = (of: (bucket: TimeBucket) => number) =>
    parts.map(({ time, item }) =>
      item.buckets
        .map((bucket, at) => `${at === 0 ? 'M' : 'L'}${x(time + bucket.at)} ${y(of(bucket))}`)
        .join(''),
    )
  return [
    `<text class="head" x="10" y="${latency.top - 14}">Latency of answered attempts in ms</text>`,
    ...grid.map(
      (ms) =>
        `<path class="grid" d="M${left} ${y(ms)}H${width - right}"/><text class="small" x="${left - 8}" y="${Number(y(ms)) + 4}" text-anchor="end">${ms.toLocaleString('en')}</text>`,
    ),
    `<path class="p50" d="${line(({ p50 }) => p50).join('')}"/>`,
    `<path class="p99" d="${line(({ p99 }) => p99).join('')}"/>`,
    ...['p50', 'p99'].map(
      (name, at) =>
        `<path class="${name}" d="M${left + 250 + at * 80} ${latency.top - 18}h20"/><text class="small" x="${left + 275 + at * 80}" y="${latency.top - 14}">${name}</text>`,
    ),
  ].join('\n')
}

/** Each area reaches down to the axis, and those of fewer outcomes are drawn over it. */
function outcomeAreas({ x, parts }: Drawn): string {
  const perSecond = (count: number) => (count * 1_000) / bucketMs
  const rate = (bucket: TimeBucket, upTo: number) =>
    perSecond(sum(stacked.slice(0, upTo).map((outcome) => bucket.counts[outcome])))
  const rates = parts.flatMap(({ item }) => item.buckets.map((bucket) => rate(bucket, 4)))
  const most = Math.max(100, Math.ceil(Math.max(0, ...rates) / 100) * 100)
  const base = outcomes.top + outcomes.height
  const y = (value: number) => (base - (value / most) * outcomes.height).toFixed(1)
  const areas = stacked.map((outcome, at) => {
    const area = parts.map(({ time, item }) => {
      const steps = item.buckets.map(
        (bucket) => `V${y(rate(bucket, at + 1))}H${x(time + bucket.at + bucketMs)}`,
      )
      return steps.length === 0 ? '' : `M${x(time)} ${base}${steps.join('')}V${base}Z`
    })
    return `<path class="${outcome}" d="${area.join('')}"/>`
  })
  const totals = addUp(parts.flatMap(({ item }) => item.buckets.map(({ counts }) => counts)))
  return [
    `<text class="head" x="10" y="${outcomes.top - 14}">Outcomes a second</text>`,
    ...[0, most / 2, most].map(
      (value) =>
        `<path class="grid" d="M${left} ${y(value)}H${width - right}"/><text class="small" x="${left - 8}" y="${Number(y(value)) + 4}" text-anchor="end">${value}</text>`,
    ),
    ...areas.toReversed(),
    ...stacked.map(
      (outcome, at) =>
        `<rect class="box ${outcome}" x="${left + 100 + at * 150}" y="${outcomes.top - 24}" width="11" height="11"/><text class="small" x="${left + 116 + at * 150}" y="${outcomes.top - 14}">${outcome} ${(totals[outcome] ?? 0).toLocaleString('en')}</text>`,
    ),
  ].join('\n')
}
