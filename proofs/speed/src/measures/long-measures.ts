import { contenderNamed } from '../contenders/contenders.ts'
import { startContender } from '../contenders/start-contender.ts'
import type { BenchDatabase } from '../servers/bench-database.ts'
import { type BesideCleaning, measureCleaning } from './cleaning.ts'
import { type Memory, measureMemory } from './memory.ts'
import { measurePage, type PageFigures } from './page.ts'
import { measureStart } from './start-time.ts'
import { measureTableSizes, type TableSizes } from './table-size.ts'
import { measureTransactionRates, type TransactionRates } from './transaction-rates.ts'

export type LongPlan = {
  readonly database: BenchDatabase
  readonly rounds: number
  readonly seconds: number
  /** Todos and records of the large table. */
  readonly rows: number
  /** Old records that are cleaned during each load. */
  readonly records: number
}

export type LongMeasures = {
  readonly tableSizes: TableSizes
  readonly cleaning: BesideCleaning
  readonly memory: Memory
  readonly startSeconds: readonly number[]
  readonly page: PageFigures
  readonly transactions: TransactionRates
}

export const fewRows = 1_000
/** Enough to see whether the memory of one process grows: two minutes. */
export const memoryCreates = 1_000_000

/** What takes minutes: of the app alone, with large tables, a cleaning, its start, its page. */
export async function measureLong(
  { database, rounds, seconds, rows, records }: LongPlan,
  onMeasure: (name: string) => void,
): Promise<LongMeasures> {
  const start = () => startContender(contenderNamed('create'), database)

  async function cleaning(): Promise<BesideCleaning> {
    await using running = await start()
    // Awaited here, before the app is stopped.
    return await measureCleaning({ running, rounds, seconds, records })
  }

  async function memory(): Promise<Memory> {
    await using running = await start()
    return await measureMemory({ running, creates: memoryCreates, connections: 64 })
  }

  async function transactions(): Promise<TransactionRates> {
    await using scratch = await database.scratch('transactions')
    return await measureTransactionRates({ url: scratch.url, rounds, seconds })
  }

  onMeasure(`creates among ${rows} rows`)
  const tableSizes = await measureTableSizes({
    ...{ database, few: fewRows, many: rows, connections: 64, rounds, seconds },
  })
  onMeasure(`creates while ${records} records are cleaned`)
  const besideCleaning = await cleaning()
  onMeasure(`memory of ${memoryCreates} creates`)
  const memoryOfCreates = await memory()
  onMeasure('start')
  const startSeconds = await measureStart(rounds)
  onMeasure('page')
  const page = await measurePage()
  onMeasure('transactions without HTTP')
  const rates = await transactions()
  return {
    ...{ tableSizes, cleaning: besideCleaning, memory: memoryOfCreates, startSeconds, page },
    transactions: rates,
  }
}
