import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { contenderNamed, contenders } from './contenders/contenders.ts'
import { type LongMeasures, measureLong } from './measures/long-measures.ts'
import { runRounds } from './measures/rounds.ts'
import { chart } from './results/chart.ts'
import { latencyFigure, measuredAlone, rateFigures } from './results/figures.ts'
import { longFigures } from './results/long-figures.ts'
import { machine } from './results/machine.ts'
import { publish } from './results/publish.ts'
import { contenderReportOf, goalReportOf } from './results/report.ts'
import { type BenchDatabase, onBenchDatabase } from './servers/bench-database.ts'

const { values: flags } = parseArgs({
  options: {
    /** One short round of each contender, without the measures that take minutes. */
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    /** Names of contenders, separated by commas; without the measures that take minutes. */
    only: { type: 'string' },
    /** A PostgreSQL instead of the embedded one. */
    database: { type: 'string' },
    /** Todos and records of the large tables. */
    rows: { type: 'string', default: '10000000' },
    /** Old records that are cleaned while the app serves. */
    records: { type: 'string', default: '1000000' },
    /** Writes the tables into README and docs/speed.md, and the chart. */
    publish: { type: 'boolean', default: false },
  },
})

const form = flags.quick
  ? { rounds: 1, seconds: 0.5, warmUp: { creates: 0.5, others: 0.5 }, kills: 1, patienceMs: 5_000 }
  : { rounds: 3, seconds: 5, warmUp: { creates: 5, others: 2 }, kills: 3, patienceMs: 10_000 }
const rounds = Number(flags.rounds ?? form.rounds)
const seconds = Number(flags.seconds ?? form.seconds)
const sizes = { rows: Number(flags.rows), records: Number(flags.records) }
const chosen = flags.only?.split(',').map(contenderNamed) ?? contenders
const isLong = !flags.quick && flags.only === undefined
const once = { attempts: 50, creates: 200, kills: form.kills, patienceMs: form.patienceMs, seed: 1 }
const results = new URL('../../../bench/', import.meta.url)

await onBenchDatabase(flags.database, bench)

async function bench(database: BenchDatabase): Promise<void> {
  const { warmUp } = form
  const { series, checked } = await runRounds(
    {
      ...{ contenders: chosen, database, connections: [16, 64], alone: measuredAlone },
      ...{ rounds, seconds, warmUp, once },
    },
    (round, { title }) => console.log(`round ${round + 1} of ${rounds}: ${title}`),
  )
  let long: LongMeasures | undefined
  if (isLong) long = await measureLong({ database, rounds, seconds, ...sizes }, console.log)

  const on = machine(database.version)
  const at = new Date()
  const figures = [...rateFigures(series), latencyFigure(series), ...longFigures(long, sizes)]
  const measured = { at, machine: on, rounds, seconds, once, series, checked, figures }
  const contenderReport = contenderReportOf(measured)
  const goalReport = goalReportOf(measured)
  const report = `${contenderReport}\n\n${goalReport}\n`
  const svg = chart(
    series,
    `${at.toISOString().slice(0, 10)}, Node ${on.versions.node}, PostgreSQL ${on.versions.postgres}, ${on.cores} cores (${on.processor})`,
  )
  console.log(`\n${report}`)
  await mkdir(results, { recursive: true })
  await writeFile(
    new URL('results.json', results),
    `${JSON.stringify({ ...measured, long }, null, 2)}\n`,
  )
  await writeFile(new URL('report.md', results), report)
  await writeFile(new URL('chart.svg', results), svg)
  if (flags.publish) await publish({ contenderReport, goalReport, svg })
}
