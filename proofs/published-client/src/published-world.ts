import type { TodoRouter } from '@idem/api/todo-router'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import { createTRPCClient, type httpLink, type TRPCLink } from '@trpc/client'

export type Wire = { readonly url: string; readonly fetch: Fetch }

type Fetch = NonNullable<Parameters<typeof httpLink>[0]['fetch']>

/** The exchanges on the wire, as seen by the client's `fetch`. */
export type Exchange = { readonly method: string; readonly url: string; readonly status: number }

/** The real server, and the published client with the links that a test chooses. */
export async function publishedWorld(linksTo: (wire: Wire) => TRPCLink<TodoRouter>[]) {
  const database = await scratchDatabase()
  const server = await startServer({ database })
  const exchanges: Exchange[] = []
  const watched: Fetch = async (input, init) => {
    // Node's fetch; the client's types declare less of the same parameters.
    const response = await fetch(input, init as RequestInit)
    exchanges.push({
      method: init?.method ?? 'GET',
      url: decodeURIComponent(String(input).slice(server.url.length)),
      status: response.status,
    })
    return response
  }
  const links = linksTo({ url: `${server.url}/api/trpc`, fetch: watched })
  return {
    client: createTRPCClient<TodoRouter>({ links }),
    exchanges,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}
