import { setTimeout as pause } from 'node:timers/promises'
import { addAccounts, signInVariables, type TestAccount } from '@idem/test-support/accounts'
import { type ServerProcess, startServer } from '@idem/test-support/server-process'
import { type Answer, type ClientConnection, clientConnection } from '../load/client-connection.ts'
import { post } from '../load/requests.ts'
import { type CitusCluster, citusCluster } from './citus-cluster.ts'

export type ClusterWorld = AsyncDisposable & {
  readonly cluster: CitusCluster
  readonly accounts: readonly TestAccount[]
  /** Two processes: the first one's entry is the coordinator, the second one's a worker. */
  readonly servers: readonly [ServerProcess, ServerProcess]
  /** A connection to each server. */
  readonly lines: () => Promise<readonly [Line, Line]>
}

export type Call = {
  readonly account: TestAccount
  readonly operation: 'createTodo' | 'updateTodo'
  readonly input: Readonly<Record<string, unknown>> & { readonly idempotencyKey: string }
}

export type Line = Disposable & {
  readonly send: (call: Call) => Promise<Answer>
  /** Repeats the call until it has an answer that is stored. */
  readonly settle: (call: Call) => Promise<Answer>
}

/** The server answers within ten seconds; a connection that is silent for longer is lost. */
const patienceMs = 15_000
const pauseMs = 75

/** A cluster of three nodes with so many accounts, and two servers with sign-in. `onAnswer` gets the answer to each attempt. */
export async function clusterWorld(
  owners: number,
  onAnswer: (answer: Answer) => void = () => {},
): Promise<ClusterWorld> {
  await using starting = new AsyncDisposableStack()
  const cluster = starting.use(await citusCluster())
  const names = Array.from({ length: owners }, (_, at) => `owner${at}`)
  const accounts = await addAccounts(cluster.nodes[0].url, names)
  const variables = { ...signInVariables, IDEM_LOG_LEVEL: 'error' }
  const start = async (at: 0 | 1) =>
    starting.use(await startServer({ database: cluster.nodes[at], variables }))
  const servers = [await start(0), await start(1)] as const
  const running = starting.move()
  const line = async ({ url }: ServerProcess) =>
    running.use(lineOver(await clientConnection(url), onAnswer))
  return {
    ...{ cluster, accounts, servers },
    lines: async () => [await line(servers[0]), await line(servers[1])],
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

export function lineOver(connection: ClientConnection, onAnswer: (answer: Answer) => void): Line {
  async function send({ account, operation, input }: Call): Promise<Answer> {
    const timer = setTimeout(() => connection[Symbol.dispose](), patienceMs)
    const answer = await connection.send({ ...post(operation, input), apiKey: account.apiKey })
    clearTimeout(timer)
    onAnswer(answer)
    return answer
  }
  return {
    send,
    async settle(call) {
      for (;;) {
        const answer = await send(call)
        if (answer.status !== 0 && !answer.body.includes('"retry":"same_key"')) return answer
        await pause(pauseMs)
      }
    },
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  }
}
