import { setTimeout as pause } from 'node:timers/promises'
import { quantile } from '@idem/speed/statistics'
import { type ClientConnection, clientConnection } from '../isolation/client-connection.ts'
import { askedWaitMs } from './asked-wait-ms.ts'

export type ClientsSettings = {
  readonly url: string
  readonly clients: number
  readonly seconds: number
  readonly path: string
  /** The body of a new intent. */
  readonly body: () => string
}

export type ClientsReport = {
  readonly perSecond: number
  /** Of requests that were answered with 200. */
  readonly p99Ms: number
  readonly refused: number
  /** Answers that are neither 200 nor a 503 that names a wait of 1 to 3 s. */
  readonly wrong: readonly string[]
}

/** Clients with one request after the other; a refused one waits as long as it was asked to and repeats its request. */
export async function runClients(settings: ClientsSettings): Promise<ClientsReport> {
  const { url, clients, seconds, path, body } = settings
  using open = new DisposableStack()
  const connections: ClientConnection[] = []
  while (connections.length < clients) connections.push(open.use(await clientConnection(url)))
  const latencies: number[] = []
  const wrong: string[] = []
  let refused = 0
  const end = performance.now() + seconds * 1_000

  async function behave(client: ClientConnection): Promise<void> {
    let intent = body()
    while (performance.now() < end) {
      const sent = performance.now()
      const answer = await client.send({ method: 'POST', path, body: intent })
      if (answer.status === 200) {
        latencies.push(performance.now() - sent)
        intent = body()
        continue
      }
      const waitMs = askedWaitMs(answer)
      if (waitMs !== undefined) refused += 1
      else wrong.push(`${answer.status} ${answer.body}`)
      await pause(Math.max(0, Math.min(waitMs ?? 1_000, end - performance.now())))
    }
  }

  await Promise.all(connections.map(behave))
  return {
    perSecond: latencies.length / seconds,
    p99Ms: quantile(Float64Array.from(latencies).toSorted(), 0.99),
    refused,
    wrong: wrong.slice(0, 5),
  }
}
