import { expect, test } from 'vitest'
import { machine } from '../results/machine.ts'
import { type Scale, scaleFigures, scaleReport } from './scale-report.ts'

const opened = { answered: 1_000, refused: 4_000, created: 1_000 }
const ratio = (value: number) => ({ few: [10], many: [10 * value] })

const scale = {
  at: new Date('2026-01-02'),
  machine: machine('18'),
  rounds: 1,
  seconds: 5,
  sizes: { creates: 150_000, every: 50_000, held: 5_000, few: 1_000, rows: 10_000_000 },
  memory: { startMb: 100, samplesMb: [180, 240, 200], restMb: 190, perSecond: 1 },
  idle: {
    byDefault: opened,
    raised: {
      ...{ ...opened, answered: 5_000, refused: 0, created: 5_000, startMb: 130, heldMb: 190 },
      ...{ afterMb: 190, held: 4_999, closed: 4_999, readyP99Ms: 12 },
    },
  },
  processes: [
    {
      ...{ processes: 2, pooled: true, perSecond: [3_000, 1_000, 2_000], serverCpu: [0.25] },
      ...{ databaseCpu: [0.125], poolerCpu: [0.0625], loadCpu: [0.5], walBytes: [700] },
    },
  ],
  tables: {
    ...{
      fillSeconds: 9,
      databaseMb: { few: 1, many: 2 },
      creates: ratio(0.95),
      replays: ratio(0.5),
    },
    ...{ pages: ratio(1), searches: { few: [1], many: [80] }, cleaning: ratio(1.25) },
  },
} satisfies Scale

function figureNamed(start: string, of: Scale = scale) {
  return scaleFigures(of).find(({ measured }) => measured.startsWith(start))
}

test('memory grows from the first sample to the highest', () => {
  expect(figureNamed('memory: highest')).toMatchObject({ figure: { median: 60 }, reached: false })
})

test('a connection that the server lost, and a todo of a refused connection, miss their goals', () => {
  expect(figureNamed('connections held')).toMatchObject({ reached: false })
  expect(figureNamed('todos of connections')).toMatchObject({ reached: true })
  const byDefault = { ...opened, created: 1_001 }
  const idle = { ...scale.idle, byDefault }
  expect(figureNamed('todos of connections', { ...scale, idle })).toMatchObject({ reached: false })
})

test('a rate is the large over the small table, and a time too', () => {
  expect(figureNamed('creates a second')).toMatchObject({ figure: { median: 0.95 }, reached: true })
  expect(figureNamed('replays a second')).toMatchObject({ figure: { median: 0.5 }, reached: false })
  expect(figureNamed('a batch of cleaning')).toMatchObject({
    figure: { median: 1.25 },
    reached: true,
  })
})

test('the report has the samples of memory and the processor time of each part', () => {
  const report = scaleReport(scale)
  expect(report).toContain('| 100,000 | 240 MB |')
  expect(report).toContain('| after a rest | 190 MB |')
  expect(report).toContain(
    '| 2, through PgBouncer | 2,000 (1,000–3,000) | 0.25 | 0.13 | 0.06 | 0.5 | 700 |',
  )
})

test('a measure that was left out has no row', () => {
  const none = { memory: undefined, idle: undefined, processes: undefined, tables: undefined }
  expect(scaleFigures({ ...scale, ...none })).toEqual([])
  expect(scaleReport({ ...scale, ...none })).not.toContain('PgBouncer')
})
