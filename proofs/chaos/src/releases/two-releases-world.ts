import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import { watchEffects } from '../checker/effect-log.ts'
import { openApis } from '../model/apis.ts'
import { type RawCalls, rawCalls } from '../races/raw-calls.ts'

export type Release = 'this' | 'next'

/** A connection each for six concurrent calls. */
const connections = 6

/** A server of this release and one of the next, on one database. */
export async function twoReleases(next: { readonly main: string }) {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await scratchDatabase())
  const log = await watchEffects(database.url)

  async function serve(main: string | undefined) {
    const server = starting.use(await startServer({ database, main }))
    const raw: RawCalls = starting.use(rawCalls(server.url, connections))
    const { ask } = starting.use(openApis(server.url))
    return { raw, ask }
  }

  const servers = { this: await serve(undefined), next: await serve(next.main) }
  const running = starting.move()
  return {
    ...servers,
    /** The number of effects that were committed with each of these keys. */
    async effectsOf(...keys: readonly string[]): Promise<number[]> {
      const effects = await log.effects()
      return keys.map((key) => effects.filter(({ by }) => by === key).length)
    },
    /** The keys that are stored. */
    async keys(): Promise<string[]> {
      return (await log.records()).map(({ key }) => key)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
