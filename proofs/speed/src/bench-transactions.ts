import { parseArgs } from 'node:util'
import { libraries, measureTransactionRates } from './measures/transaction-rates.ts'
import { ratioOf, spreadOf } from './results/statistics.ts'
import { onBenchDatabase } from './servers/bench-database.ts'

/** The rate of `run` beside a plain transaction of the same library. */
const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    database: { type: 'string' },
  },
})

await onBenchDatabase(flags.database, async (database) => {
  await using scratch = await database.scratch('transactions')
  const { url } = scratch
  const rates = await measureTransactionRates({
    ...{ url, rounds: Number(flags.rounds), seconds: Number(flags.seconds) },
  })
  for (const library of libraries) {
    const { run, plain } = rates[library]
    const { median, least, most } = ratioOf(run, plain)
    const [ours, theirs] = [run, plain].map((each) => Math.round(spreadOf(each).median))
    const range = `${least.toFixed(2)}–${most.toFixed(2)}`
    console.log(`${library}: ${median.toFixed(2)} (${range}), ${ours} of ${theirs} a second`)
  }
})
