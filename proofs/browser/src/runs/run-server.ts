import { watchEffects } from '@idem/chaos/effect-log'
import { restartableServer } from '@idem/chaos/restartable-server'
import { freePort } from '@idem/test-support/free-port'
import type { HttpFault, PlannedFault } from '@idem/test-support/http-fault'
import { httpProxy, type PassedRequest } from '@idem/test-support/http-proxy'
import { scratchDatabase } from '@idem/test-support/scratch-database'

export type RunServer = Awaited<ReturnType<typeof runServer>>

/**
 * A real server behind a fault proxy. Runs use it one after another. `variables` are those of the server, by
 * the address of the proxy.
 */
export async function runServer(
  variables: (url: string) => Readonly<Record<string, string>> = () => ({}),
) {
  const database = await scratchDatabase()
  const { effects, todos, startOver } = await watchEffects(database.url)
  const requests: PassedRequest[] = []
  const held: PlannedFault[] = []
  const port = await freePort()
  const proxy = await httpProxy({
    targets: [`http://127.0.0.1:${port}`],
    onRequest: (request) => requests.push(request),
  })
  const server = await restartableServer({ database, port, variables: variables(proxy.url) })
  let isKilled = false

  async function restart(): Promise<void> {
    if (!isKilled) return
    await server.restart()
    isKilled = false
  }

  /** Lets the requests continue that are held on their way. */
  function release(): void {
    for (const { release } of held.splice(0)) void release()
  }

  return {
    url: proxy.url,
    databaseUrl: database.url,
    output: () => server.now.output(),
    effects,
    todos,
    requests: () => requests,
    always: proxy.always,
    release,
    restart,

    /** Plans a fault for the next request of this operation. */
    plan(operation: string, fault: HttpFault): PlannedFault {
      const planned = proxy.next(operation, fault)
      if (fault === 'hold' || fault === 'hold_answer') held.push(planned)
      return planned
    },

    async kill(): Promise<void> {
      if (!isKilled) await server.now.end('SIGKILL')
      isKilled = true
    },

    /** From now on the network and the server are well. */
    async heal(): Promise<void> {
      await restart()
      release()
      await proxy.calm()
    },

    async startOver(): Promise<void> {
      await startOver()
      requests.splice(0)
    },

    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      await server[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}
