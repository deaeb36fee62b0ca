import type { LongMeasures, LongPlan } from '../measures/long-measures.ts'
import { fewRows, memoryCreates } from '../measures/long-measures.ts'
import { growthMb } from '../measures/memory.ts'
import { attemptsAtOnce, libraries } from '../measures/transaction-rates.ts'
import { type Figure, figure, ratioFigure } from './figures.ts'

type Sizes = Pick<LongPlan, 'rows' | 'records'>

/** The goals of the long measures, also where they were left out. */
export function longFigures(measured: LongMeasures | undefined, sizes: Sizes): Figure[] {
  return [
    ratioFigure(
      {
        measured: `keyed create among ${count(sizes.rows)} todos and records`,
        against: count(fewRows),
        connections: 64,
        goal: 0.9,
        atMost: false,
      },
      { of: measured?.tableSizes.many, to: measured?.tableSizes.few },
    ),
    ratioFigure(
      {
        measured: `p99 of creates while ${count(sizes.records)} records are cleaned`,
        against: 'creates alone',
        connections: 16,
        goal: 1.5,
        atMost: true,
      },
      { of: measured?.cleaning.cleaning, to: measured?.cleaning.alone },
    ),
    figure(
      {
        ...alone,
        measured: `memory: highest sample of ${count(memoryCreates)} creates, above the first`,
        connections: 64,
        unit: 'MB',
        goal: 50,
        atMost: true,
      },
      measured && [growthMb(measured.memory)],
    ),
    ...transactionFigures(measured?.transactions),
    ...pageFigures(measured?.page),
    figure(
      {
        ...alone,
        measured: '`npm start`, the second time, to ready',
        unit: 's',
        goal: 2,
        atMost: true,
      },
      measured?.startSeconds,
    ),
  ]
}

const transactionGoals = { pg: 0.7, prisma: 0.6 } as const

function transactionFigures(rates: LongMeasures['transactions'] | undefined): Figure[] {
  return libraries.map((library) =>
    ratioFigure(
      {
        measured: `\`run\` over \`${library}\` around one INSERT, without HTTP`,
        against: 'a plain transaction with the same INSERT',
        connections: attemptsAtOnce,
        goal: transactionGoals[library],
        atMost: false,
      },
      { of: rates?.[library].run, to: rates?.[library].plain },
    ),
  )
}

const alone = { against: '–' }
const devices = ['a phone on a slow network', 'a desktop']

function pageFigures(page: LongMeasures['page'] | undefined): Figure[] {
  const once = (value: number | undefined) => (value === undefined ? undefined : [value])
  const bytes = page?.scriptBytes
  const most = { ...alone, atMost: true }
  return [
    figure(
      { ...most, measured: 'page: JavaScript of the first load, gzip', unit: 'kB', goal: 163 },
      once(bytes === undefined ? undefined : bytes / 1_000),
    ),
    ...devices.flatMap((device) => {
      const scores = page?.lighthouse.find((each) => each.device === device)
      const least = { ...alone, unit: '', atMost: false } as const
      return [
        figure(
          { ...least, measured: `page: Lighthouse performance, ${device}`, goal: 98 },
          once(scores?.performance),
        ),
        figure(
          { ...least, measured: `page: Lighthouse accessibility, ${device}`, goal: 100 },
          once(scores?.accessibility),
        ),
      ]
    }),
    figure(
      { ...most, measured: 'page: from Enter to the row on the screen', unit: 'ms', goal: 50 },
      once(page?.inputToRowMs),
    ),
    figure(
      { ...most, measured: 'page: longest task with 2,000 todos', unit: 'ms', goal: 50 },
      once(page?.longestTaskMs),
    ),
  ]
}

function count(rows: number): string {
  return rows.toLocaleString('en')
}
