import { expect, test } from 'vitest'
import { pageFiguresIn } from '../measures/page.ts'
import type { Series } from '../measures/rounds.ts'
import { chart } from './chart.ts'
import { rateFigures } from './figures.ts'
import { longFigures } from './long-figures.ts'
import { machine } from './machine.ts'
import { withReport } from './publish.ts'
import { contenderReportOf, goalReportOf } from './report.ts'

const sizes = { rows: 10_000_000, records: 1_000_000 }

/** Of three rounds at 16 and 64 connections. */
function seriesOf(contender: string, rates: readonly number[]): Series[] {
  return [16, 64].map((connections) => ({
    ...{ contender, kind: 'create', connections, p50Ms: [1], p99Ms: [2], errors: [0, 0, 1] },
    processorMicros: [{ server: 100, database: 60, load: 20 }],
    perSecond: [...rates],
  }))
}

const series = [
  ...seriesOf('create', [3_000, 2_000, 2_500]),
  ...seriesOf('insert', [2_000, 1_000, 2_000]),
]

test('a goal is reached by the median of the ratios, round by round', () => {
  const [at16, at64] = rateFigures(series)
  expect(at16).toMatchObject({ figure: { least: 1.25, median: 1.5, most: 2 }, reached: true })
  expect(at64).toMatchObject({ goal: 2, reached: false })
})

const figures = [...rateFigures(series), ...longFigures(undefined, sizes)]
const measured = {
  ...{ at: new Date('2026-01-02'), machine: { ...machine('18'), cores: 2 }, rounds: 3, seconds: 5 },
  once: { attempts: 50, creates: 200, kills: 3, patienceMs: 1, seed: 1 },
  checked: [{ contender: 'insert', atOnce: 50, killed: 203, stuck: 0 }],
  ...{ series, figures },
}

test('the report of the contenders has the rates and the todos of each, and no goals', () => {
  const report = contenderReportOf(measured)
  expect(report).toContain(
    '| node:http and pg, one INSERT | 2,000 (1,000–2,000), 1 errors | 2,000 (1,000–2,000), 1 errors | – | 50 | 203 |',
  )
  expect(report).toContain('Not measured: idempot-js')
  expect(report).not.toContain('reached')
})

test('the report of the goals has each goal, also where nothing was measured', () => {
  const report = goalReportOf(measured)
  expect(report).toContain('≥ 1.2 × | 1.5 × (1.25–2) | reached |')
  expect(report).toContain('≥ 2 × | 1.5 × (1.25–2) | missed |')
  expect(report).toContain(
    '| keyed create among 10,000,000 todos and records, 64 connections | 1,000 | ≥ 0.9 × | not in this run |  |',
  )
})

test('the report of the goals has the processor time, with the share of the cores that was busy', () => {
  const report = goalReportOf(measured)
  expect(report).toContain('| Idem’s app | 64 | 2,500 | 100 | 60 | 20 | 23% |')
  const unread = series.map((each) => ({ ...each, processorMicros: [] }))
  expect(goalReportOf({ ...measured, series: unread })).not.toContain('Idem’s app')
})

test('the chart shows the contenders that were measured, for light and dark, and in words', () => {
  const svg = chart(series, 'today')
  expect(svg).toContain('node:http and pg, one INSERT: 2000 with 16 connections')
  expect(svg).toContain('prefers-color-scheme: dark')
  expect(svg.match(/<rect class="bar/g)).toHaveLength(2 * 2 + 2)
})

test('a report replaces the one between the markers of a page', () => {
  const readme = 'a\n<!-- npm run bench -->\nold\n<!-- end of npm run bench -->\nb\n'
  const published = withReport(readme, 'new $1\n')
  expect(published).toBe(
    'a\n<!-- npm run bench -->\n\nnew $1\n\n<!-- end of npm run bench -->\nb\n',
  )
  expect(withReport(published, 'newer')).not.toContain('new $1')
  expect(() => withReport('a', 'new')).toThrow('markers')
})

test('the figures of the page are found in what its proofs print', () => {
  const output = `first-load scripts: 160123 bytes
the longest task in ms with 2000 todos: { scroll: 12.5, 'show all': 31.25 }
input to row: 18.4 ms
a desktop { performance: 100, accessibility: 100, 'best-practices': 100 }`
  expect(pageFiguresIn(output)).toEqual({
    scriptBytes: 160_123,
    longestTaskMs: 31.25,
    inputToRowMs: 18.4,
    lighthouse: [{ device: 'a desktop', performance: 100, accessibility: 100 }],
  })
})
