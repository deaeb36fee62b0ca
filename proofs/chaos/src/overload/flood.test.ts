import { setTimeout as pause } from 'node:timers/promises'
import { quantile } from '@idem/speed/statistics'
import { expect, test, vi } from 'vitest'
import { isolatedServer } from '../load/isolated-server.ts'
import { keyedCreate } from '../load/requests.ts'
import { addressOf, runClients, seconds } from '../load/run-clients.ts'
import { memoryMb } from '../load/server-gauges.ts'
import { flood } from './flood.ts'

const isProving = process.env.IDEM_PROVE === 'true'
const { connections, floodSeconds, rateSeconds, comparisons, calmMs, speed, answerMs } = isProving
  ? {
      connections: 600,
      floodSeconds: 20,
      rateSeconds: 4,
      comparisons: 3,
      calmMs: 10_000,
      speed: 0.8,
      answerMs: 2_000,
    }
  : {
      connections: 100,
      floodSeconds: 3,
      rateSeconds: 1,
      comparisons: 1,
      calmMs: 2_000,
      speed: 0.15,
      answerMs: 8_000,
    }

vi.setConfig({ testTimeout: 400_000 })

test(`${connections} connections that pipeline batches and read slowly cost a healthy client less than its patience, and the server little memory`, async () => {
  await using server = await isolatedServer()
  // The speed of a machine changes within a minute, so the server is compared with another one.
  await using other = await isolatedServer()
  const { url } = server
  const rate = async (url: string) =>
    (await runClients({ url, clients: 64, until: seconds(rateSeconds), next: keyedCreate }))
      .perSecond
  async function relativeRate(): Promise<number> {
    const rates: number[] = []
    while (rates.length < comparisons) rates.push((await rate(url)) / (await rate(other.url)))
    return quantile(
      rates.toSorted((one, other) => one - other),
      0.5,
    )
  }
  await relativeRate()
  const before = await relativeRate()
  const stop = new AbortController()
  const flooding = flood(url, connections, stop.signal)
  const healthy = await runClients({
    ...{ url, clients: 1, until: seconds(floodSeconds), from: addressOf },
    next: () => ({ ...keyedCreate(), everyMs: 100 }),
  })
  const memory = await memoryMb(url)
  stop.abort()
  const closed = await flooding
  await pause(calmMs)
  const after = await relativeRate()
  console.log(
    `${connections} connections: ${healthy.answered} answered and ${healthy.refused} refused, slowest ${healthy.slowestMs.toFixed(0)} ms; ${memory} MB; ${closed} closed by the server; ${before.toFixed(2)} of the rate of the other server before, ${after.toFixed(2)} afterwards`,
  )
  expect(healthy.wrong).toEqual([])
  expect(healthy.answered).toBeGreaterThan(0)
  expect(healthy.slowestMs).toBeLessThanOrEqual(answerMs)
  expect(memory).toBeLessThan(600)
  expect(after / before).toBeGreaterThanOrEqual(speed)
  expect(server.errorLines()).toEqual([])
})
