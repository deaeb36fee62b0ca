import { check } from './check.ts'
import type { Finding } from './report/report.ts'
import { startOrders } from './test-order-server.ts'
import { rightServers } from './test-right-servers.ts'
import { orderTarget } from './test-target.ts'

type Run = { readonly name: string; readonly seed: number; readonly rate?: number }

/** What a check finds in a right server, with all that it can be told. */
export async function checkRight(run: Run): Promise<readonly Finding[]> {
  const rules = rightServers[run.name]?.(everyTwentieth(run.seed))
  await using server = await startOrders(rules)
  await using other = await startOrders(rules, server.storage)
  const told = { also: other.url, retentionSeconds: 0.3, rate: run.rate ?? 1_000 }
  const { findings } = await check({ ...orderTarget(server), ...told })
  return findings
}

/** True once in twenty times, by a linear congruential generator. */
function everyTwentieth(seed: number): () => boolean {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32 < 0.05
  }
}
