import type { Context } from '../http/call.ts'
import type { Refused } from '../http/refused.ts'
import { createWorld, listen } from '../test-world.ts'
import { createRestHandler } from './rest-handler.ts'
import { exchange, type Sent } from './test-exchange.ts'
import { undocumented } from './test-undocumented.ts'

export type RestWorld = Awaited<ReturnType<typeof createRestWorld>>

/** Both APIs over HTTP, with a separate database. */
export async function createRestWorld(
  settings: {
    readonly requireKey?: boolean
    readonly contextOf?: (context: Context) => Context
  } = {},
) {
  const world = await createWorld()
  const unexpected: Refused[] = []
  const handle = createRestHandler({
    contextOf: () => settings.contextOf?.(world.context) ?? world.context,
    requireKey: settings.requireKey ?? false,
    onUnexpected: (refusal) => unexpected.push(refusal),
  })
  const server = await listen((request, response) => void handle(request, response))

  return {
    ...world,
    unexpected,
    url: server.url,
    trpcUrl: world.url,
    call: (path: string, sent: Sent = {}) => call(server.url, path, sent),
    async [Symbol.asyncDispose]() {
      await server.close()
      await world[Symbol.asyncDispose]()
    },
  }
}

/** The response that a client gets, after a check against the published document. */
async function call(url: string, path: string, sent: Sent) {
  const received = await exchange(url, path, sent)
  const faults = undocumented(sent.method ?? 'GET', path, received)
  if (faults.length > 0)
    throw new Error(`Not as documented: ${JSON.stringify({ received, faults })}`)
  return received
}
