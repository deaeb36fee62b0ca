import { setTimeout as pause } from 'node:timers/promises'
import { quantile } from '@idem/speed/statistics'
import { v7 } from 'uuid'
import { type ClientConnection, clientConnection } from '../isolation/client-connection.ts'
import { askedWaitMs } from './asked-wait-ms.ts'

export type PoliteReport = {
  readonly perSecond: number
  readonly p99Ms: number
  readonly refused: number
  /** Answers that are neither a success nor a refusal with a time. */
  readonly wrong: readonly string[]
}

const clients = 20
/** A client at work, not a load generator: all together some hundred requests per second. */
const everyMs = 50

/** Clients at a steady rate, each from a separate address. They create, list and delete in turn. */
export async function runPoliteClients(url: string, seconds: number): Promise<PoliteReport> {
  using open = new DisposableStack()
  const connections: ClientConnection[] = []
  for (let client = 0; client < clients; client += 1) {
    connections.push(open.use(await clientConnection(url, addressOf(client))))
  }
  const latencies: number[] = []
  const wrong: string[] = []
  let refused = 0
  const end = performance.now() + seconds * 1_000

  async function behave(client: ClientConnection, at: number): Promise<void> {
    // Not all at once.
    await pause((at * everyMs) / clients)
    for (let requests = at; performance.now() < end; requests += 1) {
      const sent = performance.now()
      const answer = await client.send(requestOf(requests))
      const waitMs = askedWaitMs(answer)
      if (answer.status === 200) latencies.push(performance.now() - sent)
      else if (waitMs !== undefined) refused += 1
      else wrong.push(`${answer.status} ${answer.body}`)
      await pause(waitMs ?? Math.max(0, sent + everyMs - performance.now()))
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

/** Other systems have only one loopback address unless it is configured; there all share it. */
export function addressOf(client: number): string | undefined {
  return process.platform === 'linux' ? `127.0.0.${client + 2}` : undefined
}

function requestOf(at: number) {
  const idempotencyKey = v7()
  const kinds = [
    { method: 'POST', path: 'createTodo', input: { idempotencyKey, title: 'Buy milk' } },
    { method: 'GET', path: 'listTodos', input: undefined },
    { method: 'POST', path: 'deleteTodo', input: { idempotencyKey, id: v7() } },
  ]
  const { method = '', path = '', input } = kinds[at % kinds.length] ?? {}
  return { method, path, body: JSON.stringify(input) ?? '' }
}
