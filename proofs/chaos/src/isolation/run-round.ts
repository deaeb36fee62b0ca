import { setTimeout as pause } from 'node:timers/promises'
import { createRequest } from '@idem/speed/create-requests'
import { quantile } from '@idem/speed/statistics'
import { type ClientConnection, clientConnection } from './client-connection.ts'
import type { PoisonRequest } from './poison.ts'

export type Round = {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly answered: number
  /** Of the good clients: every answer except the requested todo. */
  readonly errors: readonly string[]
  /** Answers to the poison, by status. */
  readonly poison: Readonly<Record<number, number>>
}

const goodClients = 64
const poisonClients = 2
/**
 * The number of calls per second of each poison client, sent alone or as a batch.
 * Without a limit the round would measure how a processor is shared, because a
 * client that is refused at once comes back at once. One poisoned call in a batch
 * used to spoil up to 128 others, so a few dozen per second were enough.
 */
const poisonCallsPerSecond = 50
/** A server that is gone refuses at once; without a pause its clients would loop without end. */
const afterErrorMs = 20

/** Good clients alone, or beside poison, each with one request after the other until the time is over. */
export async function runRound(
  url: string,
  seconds: number,
  poison?: (client: number) => PoisonRequest,
): Promise<Round> {
  using open = new DisposableStack()
  const connect = async () => open.use(await clientConnection(url))
  const good = await Promise.all(Array.from({ length: goodClients }, connect))
  const bad = await Promise.all(Array.from({ length: poison ? poisonClients : 0 }, connect))
  const latencies: number[] = []
  const errors: string[] = []
  const statuses: Record<number, number> = {}
  const begun = performance.now()
  const isOver = () => performance.now() - begun >= seconds * 1_000

  async function behave(client: ClientConnection): Promise<void> {
    while (!isOver()) {
      const sent = performance.now()
      const { body, check } = createRequest()
      const answer = await client.send({ method: 'POST', path: 'createTodo', body })
      latencies.push(performance.now() - sent)
      try {
        if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`)
        check(answer.body)
      } catch (error) {
        errors.push(String(error))
        await pause(afterErrorMs)
      }
    }
  }

  async function misbehave(client: ClientConnection, at: number): Promise<void> {
    while (poison !== undefined && !isOver()) {
      const next = performance.now()
      const request = poison(at)
      const { status } = await client.send(request)
      statuses[status] = (statuses[status] ?? 0) + 1
      const mayGoOnAt = next + (callsIn(request) * 1_000) / poisonCallsPerSecond
      await pause(Math.max(0, mayGoOnAt - performance.now()))
    }
  }

  const badDone = Promise.all(bad.map(misbehave))
  await Promise.all(good.map(behave))
  const tookS = (performance.now() - begun) / 1_000
  await badDone
  const sorted = Float64Array.from(latencies).toSorted()
  return {
    perSecond: (latencies.length - errors.length) / tookS,
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
    answered: latencies.length - errors.length,
    errors,
    poison: statuses,
  }
}

function callsIn({ path }: PoisonRequest): number {
  return path.split('?', 1).join().split(',').length
}
