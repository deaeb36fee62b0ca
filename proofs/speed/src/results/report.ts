import { contenders, missing } from '../contenders/contenders.ts'
import type { Once, OncePlan } from '../correctness/check-once.ts'
import type { Series } from '../measures/rounds.ts'
import type { Figure } from './figures.ts'
import type { Machine } from './machine.ts'
import { type Spread, spreadOf } from './statistics.ts'

export type Measured = {
  readonly at: Date
  readonly machine: Machine
  readonly rounds: number
  readonly seconds: number
  readonly once: OncePlan
  readonly series: readonly Series[]
  readonly checked: readonly Once[]
  readonly figures: readonly Figure[]
}

/** The contenders in Markdown, for README: how they were measured, and the rates of each. */
export function contenderReportOf(measured: Measured): string {
  return [
    conditions(measured),
    contenderTable(measured),
    missing.map(({ title, reason }) => `Not measured: ${title}; ${reason}.`).join('\n'),
  ].join('\n\n')
}

/** The goals and the processor time of each create in Markdown, for docs/speed.md. */
export function goalReportOf(measured: Measured): string {
  return [
    conditions(measured),
    'Goals, as the median of the rounds with the lowest and the highest:',
    figureTable(measured.figures),
    'Processor time of each create:',
    processorTable(measured),
  ].join('\n\n')
}

/** When and where it was measured. */
function conditions({ at, machine, rounds, seconds }: Measured): string {
  const { cores, processor, memoryGiB, system, versions } = machine
  const { node, postgres } = versions
  return `Measured on ${at.toISOString().slice(0, 10)}: ${cores} cores (${processor}), ${memoryGiB} GiB, ${system}, Node ${node}, PostgreSQL ${postgres}; median of ${rounds} ${rounds === 1 ? 'round' : 'rounds'} of ${seconds} s. The load generator, the server and the database share the cores.`
}

function contenderTable({ series, checked, once }: Measured): string {
  const rate = (contender: string, kind: Series['kind'], connections: number) => {
    const found = series.find(
      (each) =>
        each.contender === contender && each.kind === kind && each.connections === connections,
    )
    if (found === undefined) return '–'
    const errors = found.errors.reduce((sum, each) => sum + each, 0)
    const rates = withRange(spreadOf(found.perSecond), '')
    return errors === 0 ? rates : `${rates}, ${errors} errors`
  }
  const measured = contenders.filter(({ name }) =>
    series.some(({ contender }) => contender === name),
  )
  return table(
    [
      'server',
      'creates/s, 16 connections',
      'creates/s, 64 connections',
      'replays/s, 64 connections',
      `todos from ${once.attempts} attempts at once with one key`,
      `todos from ${once.creates} creates, with ${once.kills} × kill -9 and repeated requests`,
      'found by @idem/check',
    ],
    measured.map(({ name, title, found = '–' }) => [
      title,
      rate(name, 'create', 16),
      rate(name, 'create', 64),
      rate(name, 'replay', 64),
      ...todosOf(checked.find(({ contender }) => contender === name)),
      found,
    ]),
  )
}

function processorTable({ series, machine }: Measured): string {
  const creates = contenders.flatMap(({ name, title }) =>
    series
      .filter(({ contender, kind }) => contender === name && kind === 'create')
      .filter(({ processorMicros }) => processorMicros.length > 0)
      .map((each) => [title, ...processorCells(each, machine.cores)]),
  )
  const head = ['server', 'connections', 'creates/s', 'server, µs', 'PostgreSQL, µs']
  return table([...head, 'load generator, µs', 'cores busy'], creates)
}

/** `busy`: the share of the time of all cores that the three take together; the rest is the system, other processes and waiting. */
function processorCells(series: Series, cores: number): string[] {
  const { connections, perSecond, processorMicros } = series
  const micros = (['server', 'database', 'load'] as const).map(
    (part) => spreadOf(processorMicros.map((each) => each[part])).median,
  )
  const rate = spreadOf(perSecond).median
  const busy = (micros.reduce((sum, each) => sum + each, 0) * rate) / (cores * 1e6)
  return [
    String(connections),
    short(rate),
    ...micros.map((each) => short(each)),
    `${Math.round(100 * busy)}%`,
  ]
}

function todosOf(once: Once | undefined): [string, string] {
  if (once === undefined) return ['–', '–']
  const { atOnce, killed, stuck } = once
  return [String(atOnce), stuck === 0 ? String(killed) : `${killed}, and ${stuck} keys stuck`]
}

function figureTable(figures: readonly Figure[]): string {
  return table(
    ['measure', 'against', 'goal', 'measured', ''],
    figures.map(({ measured, against, connections, unit, goal, atMost, figure, reached }) => [
      connections === undefined ? measured : `${measured}, ${inWords(connections)}`,
      against,
      `${atMost ? '≤' : '≥'} ${amount(goal, unit)}`,
      figure === undefined ? 'not in this run' : withRange(figure, unit),
      verdict(reached),
    ]),
  )
}

function inWords(connections: number): string {
  return connections === 1 ? '1 connection' : `${connections} connections`
}

function verdict(reached: boolean | undefined): string {
  if (reached === undefined) return ''
  return reached ? 'reached' : 'missed'
}

function withRange({ median, least, most }: Spread, unit: Figure['unit']): string {
  const range = least === most ? '' : ` (${short(least)}–${short(most)})`
  return amount(median, unit) + range
}

function amount(value: number, unit: Figure['unit']): string {
  return `${short(value)} ${unit}`.trimEnd()
}

/** Three digits, or all of a larger number. */
function short(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.max(1, value))))
  return value.toLocaleString('en', { maximumFractionDigits: digits })
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((row) => `| ${row.join(' | ')} |`).join('\n')
}
