import { contenderNamed } from '../contenders/contenders.ts'
import { startContender } from '../contenders/start-contender.ts'
import { createRequest } from '../requests/create-requests.ts'
import { load } from '../requests/load.ts'
import type { BenchDatabase } from '../servers/bench-database.ts'
import { fillHistory } from './fill-history.ts'

export type TableSizePlan = {
  readonly database: BenchDatabase
  readonly few: number
  readonly many: number
  readonly connections: number
  readonly rounds: number
  readonly seconds: number
}

/** Creates a second of each round, among few todos and records and among many. */
export type TableSizes = { readonly few: number[]; readonly many: number[] }

export async function measureTableSizes(plan: TableSizePlan): Promise<TableSizes> {
  const { database, connections, rounds, seconds } = plan
  const start = () => startContender(contenderNamed('create'), database)
  await using few = await start()
  await using many = await start()
  const result: TableSizes = { few: [], many: [] }
  const rateOf = async ({ url }: { readonly url: string }) =>
    (await load({ url, connections, seconds, ask: () => createRequest() })).perSecond
  for (const [running, rows] of [
    [few, plan.few],
    [many, plan.many],
  ] as const) {
    await fillHistory(running.databaseUrl, { rows })
    await rateOf(running)
  }
  for (let round = 0; round < rounds; round += 1) {
    result.few.push(await rateOf(few))
    result.many.push(await rateOf(many))
  }
  return result
}
