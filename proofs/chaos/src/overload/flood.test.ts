import { setTimeout as pause } from 'node:timers/promises'
import { quantile } from '@idem/speed/statistics'
import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { clientConnection } from '../isolation/client-connection.ts'
import { isolatedServer } from '../isolation/isolated-server.ts'
import { askedWaitMs } from './asked-wait-ms.ts'
import { flood } from './flood.ts'
import { addressOf } from './polite-clients.ts'
import { runClients } from './run-clients.ts'
import { memoryMb } from './server-gauges.ts'

const isProving = process.env.IDEM_PROVE === 'true'
const { connections, seconds, rateSeconds, comparisons, calmMs, speed, answerMs } = isProving
  ? {
      connections: 600,
      seconds: 20,
      rateSeconds: 4,
      comparisons: 3,
      calmMs: 10_000,
      speed: 0.8,
      answerMs: 2_000,
    }
  : {
      connections: 100,
      seconds: 3,
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
  const creates = () => JSON.stringify({ idempotencyKey: v7(), title: 'Buy milk' })
  const rate = async (url: string) =>
    (
      await runClients({
        url,
        clients: 64,
        seconds: rateSeconds,
        path: 'createTodo',
        body: creates,
      })
    ).perSecond
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
  const healthy = await runHealthyClient(url, seconds)
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

/** One create after the other, ten a second, from a separate address; a refused one waits as long as it was asked to. */
async function runHealthyClient(url: string, seconds: number) {
  using client = await clientConnection(url, addressOf(0))
  const report = { answered: 0, refused: 0, slowestMs: 0, wrong: [] as string[] }
  const end = performance.now() + seconds * 1_000
  while (performance.now() < end) {
    const body = JSON.stringify({ idempotencyKey: v7(), title: 'Buy milk' })
    const sent = performance.now()
    const answer = await client.send({ method: 'POST', path: 'createTodo', body })
    report.slowestMs = Math.max(report.slowestMs, performance.now() - sent)
    const waitMs = askedWaitMs(answer)
    if (answer.status === 200) report.answered += 1
    else if (waitMs !== undefined) report.refused += 1
    else report.wrong.push(`${answer.status} ${answer.body}`)
    await pause(waitMs ?? 100)
  }
  return report
}
