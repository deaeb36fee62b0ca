import { ratioOf } from '@idem/speed/statistics'
import { addAccounts, signInVariables } from '@idem/test-support/accounts'
import { expect, test, vi } from 'vitest'
import { isolatedServer } from '../load/isolated-server.ts'
import { keyedCreate } from '../load/requests.ts'
import { runClients, seconds } from '../load/run-clients.ts'
import { floodFromOneAddress } from './flooding-address.ts'

const pairs = 4
const connections = 200
const rate = 0.5

vi.setConfig({ testTimeout: 120_000 })

test('creates keep half of their rate beside 200 connections that guess passwords without a pause', async () => {
  await using server = await isolatedServer(signInVariables)
  const { url } = server
  const [ann] = await addAccounts(server.databaseUrl, ['ann'])
  const create = async (duration: number) => {
    const next = () => ({ ...keyedCreate(), apiKey: ann?.apiKey })
    const report = await runClients({ url, clients: 16, until: seconds(duration), next })
    expect(report.wrong).toEqual([])
    return report.perSecond
  }
  await create(1)
  const alone: number[] = []
  const beside: number[] = []
  for (let pair = 0; pair < pairs; pair += 1) {
    alone.push(await create(4))
    using flood = await floodFromOneAddress({ url, kind: 'sign-in', connections })
    beside.push(await create(4))
    expect((await flood.stop())[429] ?? 0).toBeGreaterThan(0)
  }
  const ratio = ratioOf(beside, alone)
  console.log(
    `${ratio.median.toFixed(2)} of the rate (${ratio.least.toFixed(2)}–${ratio.most.toFixed(2)})`,
  )
  expect(ratio.median).toBeGreaterThanOrEqual(rate)
  expect(server.errorLines()).toEqual([])
})
