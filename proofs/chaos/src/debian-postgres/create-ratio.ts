import { createRequest } from '@idem/speed/create-requests'
import { load } from '@idem/speed/load'
import { startServer } from '@idem/speed/server-process'
import { spreadOf } from '@idem/speed/statistics'

export type CreateRatio = {
  /** Keyed creates to bare INSERTs, each the median of its rounds. */
  readonly ratio: number
  readonly text: string
}

/** Many short rounds: a busy second affects one of them, not the median. */
const rounds = 11
const secondsARound = 1
const connections = 64

/** Alternates between the databases, so that a slow minute affects all of them. */
export async function measureCreateRatios(databaseUrls: readonly string[]): Promise<CreateRatio[]> {
  await using open = new AsyncDisposableStack()
  const start = async (file: string, url: string) =>
    open.use(await startServer(file, { DATABASE_URL: url })).url
  const sides: Side[] = []
  for (const url of databaseUrls) {
    // First, because it creates the tables.
    const create = `${await start('../../../apps/server/src/main.ts', url)}/api/trpc/createTodo`
    const insert = await start('./servers/insert-server.ts', url)
    sides.push({ create, insert, creates: [], inserts: [] })
  }
  for (const { create, insert } of sides) {
    for (const url of [create, insert]) await rateOf(url, 1)
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { create, insert, creates, inserts } of sides) {
      creates.push(await rateOf(create, secondsARound))
      inserts.push(await rateOf(insert, secondsARound))
    }
  }
  return sides.map(({ creates, inserts }) => {
    const [create, insert] = [spreadOf(creates).median, spreadOf(inserts).median]
    const ratio = create / insert
    const text = `${create.toFixed(0)} creates/s, ${insert.toFixed(0)} INSERTs/s, ratio ${ratio.toFixed(3)}`
    return { ratio, text }
  })
}

type Side = {
  readonly create: string
  readonly insert: string
  readonly creates: number[]
  readonly inserts: number[]
}

async function rateOf(url: string, seconds: number): Promise<number> {
  return (await load({ url, connections, seconds, ask: () => createRequest() })).perSecond
}
