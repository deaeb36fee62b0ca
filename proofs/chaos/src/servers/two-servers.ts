import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import { watchEffects } from '../checker/effect-log.ts'
import { rawCalls } from '../races/raw-calls.ts'

/** Four connections each: eight concurrent requests are enough to conflict. */
const connectionsEach = 4

/** Two real server processes on one database, with the log of its effects. */
export async function twoServers() {
  const database = await scratchDatabase()
  const log = await watchEffects(database.url)
  const servers = await Promise.all([startServer({ database }), startServer({ database })])
  const [one, other] = servers
  const calls = [rawCalls(one.url, connectionsEach), rawCalls(other.url, connectionsEach)] as const

  return {
    ...log,
    one: calls[0],
    other: calls[1],
    /** Odd numbers to one server, even numbers to the other. */
    each: (at: number) => calls[at % 2 === 0 ? 0 : 1],
    async [Symbol.asyncDispose]() {
      for (const call of calls) call[Symbol.dispose]()
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))
      await database[Symbol.asyncDispose]()
    },
  }
}
