import { setTimeout as pause } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import { clientConnection } from '../isolation/client-connection.ts'
import { isolatedServer } from '../isolation/isolated-server.ts'
import { askedWaitMs } from './asked-wait-ms.ts'
import { type FloodKind, floodRequests } from './flood-requests.ts'
import { floodFromOneAddress } from './flooding-address.ts'
import { addressOf } from './polite-clients.ts'

const seconds = process.env.IDEM_PROVE === 'true' ? 10 : 3
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
    const { answered, refused, slowestMs, wrong } = await runObedientClient(url, kind)
    const statuses = await flood.stop()
    console.log(
      `${kind}: ${answered} answered and ${refused} refused, slowest ${slowestMs.toFixed(0)} ms; answers to the flood ${JSON.stringify(statuses)}`,
    )
    expect(wrong).toEqual([])
    expect(statuses[503]).toBeGreaterThan(0)
    expect(answered).toBeGreaterThan(0)
    expect(answered / (answered + refused)).toBeGreaterThanOrEqual(0.8)
    expect(slowestMs).toBeLessThanOrEqual(3_000)
    expect(server.errorLines()).toEqual([])
  },
)

/** One request after the other; a refused one is repeated after the time in its refusal. */
async function runObedientClient(url: string, kind: FloodKind) {
  using client = await clientConnection(url, addressOf(0))
  const report = { answered: 0, refused: 0, slowestMs: 0, wrong: [] as string[] }
  const end = performance.now() + seconds * 1_000
  let asked = performance.now()
  while (performance.now() < end) {
    const answer = await client.send(floodRequests[kind]())
    const waitMs = askedWaitMs(answer)
    report.slowestMs = Math.max(report.slowestMs, performance.now() - asked)
    if (answer.status === 200) report.answered += 1
    else if (waitMs !== undefined) report.refused += 1
    else report.wrong.push(`${answer.status} ${answer.body}`)
    await pause(waitMs ?? everyMs)
    if (waitMs === undefined) asked = performance.now()
  }
  return report
}
