import { type Figure, figure, ratioFigure } from '../results/figures.ts'
import type { Machine } from '../results/machine.ts'
import { conditions, figureTable, short, table, withRange } from '../results/report.ts'
import { spreadOf } from '../results/statistics.ts'
import type { IdleConnections } from './idle-connections.ts'
import type { LargeTables } from './large-tables.ts'
import { growthMb, type Memory } from './memory.ts'
import type { Processes } from './processes.ts'

export type ScaleSizes = {
  readonly creates: number
  /** Creates between two samples of memory. */
  readonly every: number
  readonly held: number
  readonly few: number
  readonly rows: number
}

export type Scale = {
  readonly at: Date
  readonly machine: Machine
  readonly rounds: number
  readonly seconds: number
  readonly sizes: ScaleSizes
  /** Undefined where it was not measured. */
  readonly memory: Memory | undefined
  readonly idle: IdleConnections | undefined
  readonly processes: readonly Processes[] | undefined
  readonly tables: LargeTables | undefined
}

/** The report in Markdown: how it was measured, the goals, the memory, the processes. */
export function scaleReport(scale: Scale): string {
  const { memory, processes } = scale
  const figures = scaleFigures(scale)
  return [
    conditions(scale),
    ...(figures.length === 0 ? [] : [figureTable(figures)]),
    ...(memory === undefined ? [] : [memoryTable(memory, scale.sizes)]),
    ...(processes === undefined ? [] : [processesTable(processes)]),
    '',
  ].join('\n\n')
}

function scaleFigures({ memory, idle, tables, sizes }: Scale): Figure[] {
  return [
    ...(memory === undefined ? [] : memoryFigures(memory, sizes)),
    ...(idle === undefined ? [] : idleFigures(idle, sizes)),
    ...(tables === undefined ? [] : tableFigures(tables, sizes)),
  ]
}

const alone = { against: '–' }
const most = { ...alone, atMost: true }

function memoryFigures(memory: Memory, { creates, every }: ScaleSizes): Figure[] {
  const measured = `memory: highest sample of ${count(creates)} creates, above the one after ${count(every)}`
  return [figure({ ...most, measured, connections: 64, unit: 'MB', goal: 50 }, [growthMb(memory)])]
}

function idleFigures({ byDefault, raised }: IdleConnections, { held }: ScaleSizes): Figure[] {
  return [
    figure(
      {
        ...{ ...most, measured: 'memory with idle connections', connections: held },
        ...{ unit: 'MB', goal: 200 },
      },
      [raised.heldMb],
    ),
    figure({ ...alone, atMost: false, measured: 'connections held open', unit: '', goal: held }, [
      raised.held,
    ]),
    figure({ ...most, measured: '`/readyz` meanwhile (p99)', unit: 'ms', goal: 100 }, [
      raised.readyP99Ms,
    ]),
    figure(
      {
        ...{ ...most, measured: 'todos of connections that were refused, with the default limit' },
        ...{ unit: '', goal: 0 },
      },
      [byDefault.created - byDefault.answered],
    ),
  ]
}

function tableFigures(tables: LargeTables, { few, rows }: ScaleSizes): Figure[] {
  const { creates, replays, pages, searches, cleaning } = tables
  const ratio = (
    measured: string,
    sides: LargeTables['creates'],
    about: Pick<Figure, 'goal' | 'atMost'>,
  ) =>
    ratioFigure(
      {
        measured: `${measured} among ${count(rows)} todos and records`,
        against: count(few),
        ...about,
      },
      { of: sides.many, to: sides.few },
    )
  const rate = { goal: 0.9, atMost: false }
  const time = { goal: 1.1, atMost: true }
  return [
    ratio('creates a second', creates, rate),
    ratio('replays a second', replays, rate),
    ratio('a page of a list', pages, time),
    ratio('a batch of cleaning', cleaning, { ...time, goal: 1.5 }),
    figure(
      {
        ...{ ...most, measured: `a search that finds nothing among ${count(rows)} todos` },
        ...{ unit: 'ms', goal: 1_000 },
      },
      searches.many,
    ),
  ]
}

function memoryTable({ startMb, samplesMb, restMb }: Memory, { every }: ScaleSizes): string {
  return table(
    ['creates', 'memory of the server'],
    [
      ['at the start', mb(startMb)],
      ...samplesMb.map((sample, at) => [count((at + 1) * every), mb(sample)]),
      ['after a rest', mb(restMb)],
    ],
  )
}

function processesTable(all: readonly Processes[]): string {
  return table(
    [
      'processes',
      'creates/s',
      'CPU s for 1,000 creates: servers',
      'PostgreSQL',
      'PgBouncer',
      'load generator',
      'WAL bytes for a create',
    ],
    all.map(({ processes, pooled, perSecond, walBytes, ...cpu }) => [
      pooled ? `${processes}, through PgBouncer` : String(processes),
      rounds(perSecond),
      rounds(cpu.serverCpu),
      rounds(cpu.databaseCpu),
      pooled ? rounds(cpu.poolerCpu) : '–',
      rounds(cpu.loadCpu),
      rounds(walBytes),
    ]),
  )
}

function rounds(values: readonly number[]): string {
  return withRange(spreadOf(values), '')
}

function mb(value: number): string {
  return `${short(value)} MB`
}

function count(value: number): string {
  return value.toLocaleString('en')
}
