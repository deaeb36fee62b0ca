import { expect, test, vi } from 'vitest'
import { isolatedServer } from '../load/isolated-server.ts'
import { get, keyedCreate } from '../load/requests.ts'
import { addressOf, runClients, seconds } from '../load/run-clients.ts'
import { floodFromOneAddress } from './flooding-address.ts'

const duration = 10
/** A client at work: ten requests per second. */
const everyMs = 100

vi.setConfig({ testTimeout: 60_000 })

test.for([
  { kind: 'read', connections: 400 },
  { kind: 'write', connections: 600 },
] as const)(
  'an obedient client of another address is served beside $connections connections that $kind without a pause',
  async ({ kind, connections }) => {
    await using server = await isolatedServer()
    const { url } = server
    using flood = await floodFromOneAddress({ url, kind, connections })
    const { answered, refused, longestMs, wrong } = await runClients({
      ...{ url, clients: 1, until: seconds(duration), from: addressOf },
      next: () => ({
        ...(kind === 'read' ? get('listTodos', { limit: 100 }) : keyedCreate()),
        everyMs,
      }),
    })
    const statuses = await flood.stop()
    console.log(
      `${kind}: ${answered} answered and ${refused} refused, slowest ${longestMs.toFixed(0)} ms; answers to the flood ${JSON.stringify(statuses)}`,
    )
    expect(wrong).toEqual([])
    expect(statuses[503]).toBeGreaterThan(0)
    expect(answered).toBeGreaterThan(0)
    expect(answered / (answered + refused)).toBeGreaterThanOrEqual(0.8)
    expect(longestMs).toBeLessThanOrEqual(3_000)
    expect(server.errorLines()).toEqual([])
  },
)
