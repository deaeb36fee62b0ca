import { expect, test, vi } from 'vitest'
import { isolatedServer } from '../load/isolated-server.ts'
import { keyedCreate, keyedDelete } from '../load/requests.ts'
import { type ClientsReport, runClients, seconds } from '../load/run-clients.ts'
import { memoryMb, probe } from '../load/server-gauges.ts'

const isProving = process.env.IDEM_PROVE === 'true'
// The short form runs beside other tests, on two cores that the clients share with the server.
const { floodSeconds, goodput, p99Ms } = isProving
  ? { floodSeconds: 15, goodput: 0.8, p99Ms: 2_000 }
  : { floodSeconds: 2, goodput: 0.4, p99Ms: 4_000 }

const kinds = { 'keyed creates': keyedCreate, 'keyed deletes': keyedDelete }

vi.setConfig({ testTimeout: 180_000 })

test.for(Object.entries(kinds))(
  '640 clients that obey Retry-After keep the goodput of the best number, and the server ready: %s',
  async ([name, next]) => {
    await using server = await isolatedServer()
    const { url } = server
    const run = (clients: number) =>
      runClients({
        ...{ url, clients, next },
        until: seconds(clients === 640 ? floodSeconds : floodSeconds / 3),
      })
    await run(16)
    const before = [await run(16), await run(64), await run(128)]
    const stop = new AbortController()
    const probes = probe(url, stop.signal)
    const flood = await run(640)
    stop.abort()
    const ready = await probes
    const after = [await run(64), await run(128)]
    // A machine that is busy in one half of the test would decide, so both halves count.
    const peak = (rateOf(before) + rateOf(after)) / 2
    console.log(
      `${name}: peak ${peak.toFixed(0)}/s, ${describe(flood)} of 640, ${rateOf(after).toFixed(0)}/s afterwards; ${ready.length} probes, slowest ${Math.max(...ready.map(({ ms }) => ms)).toFixed(0)} ms; ${await memoryMb(url)} MB`,
    )
    expect([...before, flood, ...after].flatMap(({ wrong }) => wrong)).toEqual([])
    expect(flood.refused).toBeGreaterThan(0)
    expect(ready.filter(({ status }) => status !== 200)).toEqual([])
    expect(ready.filter(({ ms }) => ms > 1_000).length).toBeLessThanOrEqual(ready.length / 100)
    expect(flood.p99Ms).toBeLessThanOrEqual(p99Ms)
    expect(flood.perSecond / peak).toBeGreaterThanOrEqual(goodput)
    if (isProving) expect(rateOf(after) / rateOf(before)).toBeGreaterThanOrEqual(goodput)
    expect(await memoryMb(url)).toBeLessThan(600)
  },
)

/** At the best number of clients. */
function rateOf(runs: readonly ClientsReport[]): number {
  return Math.max(...runs.map(({ perSecond }) => perSecond))
}

function describe({ perSecond, p99Ms, refused }: ClientsReport): string {
  return `${perSecond.toFixed(0)}/s (p99 ${p99Ms.toFixed(0)} ms, ${refused} refused)`
}
