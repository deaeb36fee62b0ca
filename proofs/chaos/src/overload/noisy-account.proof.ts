import { ratioOf } from '@idem/speed/statistics'
import { addAccounts, signInVariables } from '@idem/test-support/accounts'
import { expect, test, vi } from 'vitest'
import { isolatedServer } from '../load/isolated-server.ts'
import type { ClientsReport } from '../load/run-clients.ts'
import { floodFromOneAddress } from './flooding-address.ts'
import { runPoliteClients } from './polite-clients.ts'

const pairs = 6
const seconds = 4
const rate = 0.95

vi.setConfig({ testTimeout: 180_000 })

/** Ten times the calls that a process has in progress: 256 writes and 64 reads. */
const floods = [
  { kind: 'batch', connections: 256 },
  { kind: 'read', connections: 640 },
] as const

test.for(floods)(
  'twenty accounts keep their rate beside one that sends ten times its limit: a $kind on $connections connections',
  async ({ kind, connections }) => {
    await using server = await isolatedServer(signInVariables)
    const { url } = server
    const names = ['noisy', ...Array.from({ length: 20 }, (_, at) => `account-${at}`)]
    const [noisy, ...others] = await addAccounts(server.databaseUrl, names)
    if (noisy === undefined) throw new Error('Expected an account.')
    const { apiKey } = noisy
    const keys = others.map(({ apiKey }) => apiKey)
    const alone: ClientsReport[] = []
    const beside: ClientsReport[] = []
    const statuses: ClientsReport['statuses'][] = []
    const runAlone = async () => alone.push(await runPoliteClients(url, seconds, keys))
    async function runBeside() {
      using flood = await floodFromOneAddress({ url, kind, connections, apiKey })
      beside.push(await runPoliteClients(url, seconds, keys))
      statuses.push(await flood.stop())
    }
    await runPoliteClients(url, 1, keys)
    for (let pair = 0; pair < pairs; pair += 1) {
      // Every second pair in the opposite order, so that neither is always first.
      for (const round of pair % 2 === 0 ? [runAlone, runBeside] : [runBeside, runAlone]) {
        await round()
      }
    }
    const ratio = ratioOf(beside.map(rateOf), alone.map(rateOf))
    const refused = beside.reduce((sum, round) => sum + round.refused, 0)
    console.log(
      `${kind}: ${ratio.median.toFixed(3)} of the rate (${ratio.least.toFixed(3)}–${ratio.most.toFixed(3)}), ${refused} refused, p99 ${alone.map(p99).join(', ')} ms alone and ${beside.map(p99).join(', ')} ms beside it; answers to it ${statuses.map((each) => JSON.stringify(each)).join(' ')}`,
    )
    expect([...alone, ...beside].flatMap(({ wrong }) => wrong)).toEqual([])
    expect(statuses.every((each) => (each[503] ?? 0) > 0)).toBe(true)
    expect(ratio.median).toBeGreaterThanOrEqual(rate)
    expect(server.errorLines()).toEqual([])
  },
)

function rateOf({ perSecond }: ClientsReport): number {
  return perSecond
}

function p99({ p99Ms }: ClientsReport): string {
  return p99Ms.toFixed(0)
}
