import { setTimeout as pause } from 'node:timers/promises'
import { quantile } from '@idem/speed/statistics'
import { type Answer, clientConnection, type Request } from './client-connection.ts'

export type Ask = Request & {
  /** Throws when the answer does not belong to this request. */
  readonly check?: (body: string) => void
  /** The time from this request to the next. Default: the next follows at once. */
  readonly everyMs?: number
}

export type ClientsPlan = {
  readonly url: string
  readonly clients: number
  readonly until: AbortSignal
  /** The next request of a client, after its last answer. */
  readonly next: (client: number, last: Answer | undefined) => Ask
  /** `obey` (default): the client repeats a refused request after the time in its refusal. `insist`: it goes on at once. */
  readonly refused?: 'obey' | 'insist'
  /** The address of a client. Default: that of this machine. */
  readonly from?: (client: number) => string | undefined
}

export type ClientsReport = {
  /** Checked answers with status 200. */
  readonly answered: number
  readonly perSecond: number
  /** The latency of these answers; NaN without any. */
  readonly p99Ms: number
  /** The slowest answer of any status, and the longest time from the first attempt of an intent to its answer. */
  readonly slowestMs: number
  readonly longestMs: number
  /** Answers with 503 that name a wait of 1 to 3 s. */
  readonly refused: number
  /** All other answers. */
  readonly wrong: readonly string[]
  /** The number of answers with each status; 0 for a connection that ended before the answer. */
  readonly statuses: Readonly<Record<number, number>>
}

/** A server that is gone refuses at once; without a pause its clients would loop without end. */
const afterErrorMs = 20

/** Clients with one request after the other, each on a connection of its own. */
export async function runClients(plan: ClientsPlan): Promise<ClientsReport> {
  const { url, clients, until, next, refused: atRefusal = 'obey', from } = plan
  using open = new DisposableStack()
  const connect = async (client: number) => open.use(await clientConnection(url, from?.(client)))
  const connections = await Promise.all(Array.from({ length: clients }, (_, at) => connect(at)))
  const latencies: number[] = []
  const wrong: string[] = []
  const statuses: Record<number, number> = {}
  let [refused, slowestMs, longestMs] = [0, 0, 0]
  const begun = performance.now()

  /** Counts the answer; returns the time that a refusal names. */
  function count(ask: Ask, answer: Answer, tookMs: number): number | undefined {
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
    slowestMs = Math.max(slowestMs, tookMs)
    const waitMs = askedWaitMs(answer)
    try {
      if (waitMs !== undefined) refused += 1
      else if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`)
      else ask.check?.(answer.body)
      if (waitMs === undefined) latencies.push(tookMs)
    } catch (error) {
      wrong.push(String(error))
      return atRefusal === 'obey' ? afterErrorMs : undefined
    }
    return atRefusal === 'obey' ? waitMs : undefined
  }

  async function behave({ send }: (typeof connections)[number], at: number): Promise<void> {
    let ask = next(at, undefined)
    // Not all at once.
    await rest(((ask.everyMs ?? 0) * at) / clients)
    let first = performance.now()
    while (!until.aborted) {
      const sent = performance.now()
      const answer = await send(ask)
      const waitMs = count(ask, answer, performance.now() - sent)
      longestMs = Math.max(longestMs, performance.now() - first)
      await rest(waitMs ?? sent + (ask.everyMs ?? 0) - performance.now())
      if (waitMs !== undefined) continue
      ask = next(at, answer)
      first = performance.now()
    }
  }

  async function rest(ms: number): Promise<void> {
    if (ms > 0) await pause(ms, undefined, { signal: until }).catch(() => undefined)
  }

  await Promise.all(connections.map(behave))
  return {
    answered: latencies.length,
    perSecond: (1_000 * latencies.length) / (performance.now() - begun),
    p99Ms:
      latencies.length === 0 ? Number.NaN : quantile(Float64Array.from(latencies).toSorted(), 0.99),
    ...{ slowestMs, longestMs, refused, wrong, statuses },
  }
}

/** The wait that an overloaded server asks for, in ms; undefined for any other answer. */
function askedWaitMs({ status, body }: Answer): number | undefined {
  const waitMs = Number(/"retryAfterMs":(\d+)/.exec(body)?.[1])
  return status === 503 && waitMs >= 1_000 && waitMs <= 3_000 ? waitMs : undefined
}

/** Another address for each client. Other systems than Linux have only one loopback address unless more are configured. */
export function addressOf(client: number): string | undefined {
  return process.platform === 'linux' ? `127.0.0.${client + 2}` : undefined
}

export function seconds(count: number): AbortSignal {
  return AbortSignal.timeout(Math.round(count * 1_000))
}
