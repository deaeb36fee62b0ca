import { mkdir, writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { machine } from './results/machine.ts'
import { measureIdleConnections } from './scale/idle-connections.ts'
import { measureLargeTables } from './scale/large-tables.ts'
import { measureMemory } from './scale/memory.ts'
import { measureProcesses } from './scale/processes.ts'
import { type Scale, scaleReport } from './scale/scale-report.ts'
import { type BenchDatabase, onBenchDatabase } from './servers/bench-database.ts'

/** What happens at many creates, connections, processes and rows. */
const { values: flags } = parseArgs({
  options: {
    /** Small sizes and one short round. */
    quick: { type: 'boolean', default: false },
    /** Names of measures, separated by commas. */
    only: { type: 'string' },
    creates: { type: 'string' },
    /** Connections held open at once. */
    held: { type: 'string' },
    /** Todos and records of the large tables. */
    rows: { type: 'string' },
  },
})

const { sizes, form } = flags.quick
  ? {
      sizes: { creates: 20_000, held: 1_200, few: 1_000, rows: 20_000 },
      form: { rounds: 1, seconds: 0.5, warmUpSeconds: 0.5, heldSeconds: 4, restSeconds: 1 },
    }
  : {
      sizes: { creates: 1_000_000, held: 5_000, few: 1_000, rows: 10_000_000 },
      form: { rounds: 3, seconds: 5, warmUpSeconds: 2, heldSeconds: 20, restSeconds: 20 },
    }
const { creates, held, rows } = {
  creates: Number(flags.creates ?? sizes.creates),
  held: Number(flags.held ?? sizes.held),
  rows: Number(flags.rows ?? sizes.rows),
}
const measures = ['memory', 'idle', 'processes', 'tables'] as const
type Measure = (typeof measures)[number]
/** Creates between two samples of memory. */
const every = Math.ceil(creates / 20)
const chosen = flags.only?.split(',').map(measureNamed) ?? measures
const results = new URL('../../../bench/', import.meta.url)

if (process.platform !== 'linux')
  throw new Error('Memory and processor time are read from /proc of Linux.')
await onBenchDatabase(undefined, bench)

async function bench(database: BenchDatabase): Promise<void> {
  const { rounds, seconds, warmUpSeconds, heldSeconds, restSeconds } = form
  const { few } = sizes
  const scale: Scale = {
    ...{ at: new Date(), machine: machine(database.version), rounds, seconds },
    sizes: { creates, every, held, few, rows },
    memory: await ifChosen('memory', () =>
      measureMemory({ ...{ database, creates, every }, connections: 64, restSeconds }),
    ),
    idle: await ifChosen('idle', () =>
      measureIdleConnections({ database, connections: held, seconds: heldSeconds }),
    ),
    processes: await ifChosen('processes', () =>
      measureProcesses(
        {
          ...{ database, rounds, seconds, warmUpSeconds },
          ...{ processes: [1, 2, 4], connections: 64 },
        },
        (round, { processes, pooled }) =>
          console.log(`round ${round + 1}: ${processes}${pooled ? ', through PgBouncer' : ''}`),
      ),
    ),
    tables: await ifChosen('tables', () =>
      measureLargeTables({ database, few, many: rows, rounds, seconds }, console.log),
    ),
  }
  console.log(`\n${scaleReport(scale)}`)
  await mkdir(results, { recursive: true })
  await writeFile(new URL('scale.json', results), `${JSON.stringify(scale, null, 2)}\n`)
}

async function ifChosen<T>(name: Measure, measure: () => Promise<T>): Promise<T | undefined> {
  if (!chosen.includes(name)) return undefined
  console.log(`measure: ${name}`)
  return await measure()
}

function measureNamed(name: string): Measure {
  const found = measures.find((each) => each === name)
  if (found !== undefined) return found
  throw new Error(`Expected a measure (${measures.join(', ')}), received ${name}.`)
}
