import { clean } from '@idem/operations/clean'
import { addAccounts, signInVariables } from '@idem/test-support/accounts'
import { movableClock } from '@idem/test-support/movable-clock'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import pg from 'pg'
import { type Ask, openApis } from '../model/apis.ts'

export type ClockServers = Awaited<ReturnType<typeof clockServers>>

type ClockServersSettings = {
  /** The offset of the clock at their start. */
  readonly aheadMs?: number
  /** Names, for servers with sign-in. Default: the only owner, without. */
  readonly accounts?: readonly string[]
}

/** Two real servers with these retentions on one real PostgreSQL with a controlled clock. */
export async function clockServers(
  retentionHours: readonly [number, number],
  { aheadMs = 0, accounts: names = [] }: ClockServersSettings = {},
) {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await scratchDatabase())
  const clock = starting.use(await movableClock(database.url))
  await clock.setAhead(aheadMs)
  const accounts = names.length === 0 ? [] : await addAccounts(database.url, names)
  const callers =
    accounts.length === 0
      ? [{}]
      : accounts.map(({ apiKey }) => ({ authorization: `Bearer ${apiKey}` }))
  const start = async (server: 0 | 1) => {
    const variables = {
      ...(accounts.length === 0 ? {} : signInVariables),
      IDEM_KEY_RETENTION_HOURS: String(retentionHours[server]),
      IDEM_LOG_LEVEL: 'error',
    }
    const process = await startServer({ database, variables })
    const APIs = callers.map((caller) => openApis(process.url, caller))
    return { process, APIs, cleaner: await connect(database.url) }
  }
  const servers = await Promise.all([start(0), start(1)])
  const sql = await connect(database.url)
  await sql.query(cleaningIsTold)
  starting.defer(async () => {
    await Promise.all([sql, ...servers.map(({ cleaner }) => cleaner)].map((one) => one.end()))
    for (const { APIs } of servers) for (const one of APIs) one[Symbol.dispose]()
    await Promise.all(servers.map(({ process }) => process[Symbol.asyncDispose]()))
  })
  const running = starting.move()

  return {
    url: database.url,
    clock,
    retentionHours,
    sql,
    owners: accounts.map(({ owner }) => owner),
    /** As the account with this number. */
    ask(server: 0 | 1, account = 0): Ask {
      const APIs = servers[server].APIs[account]
      if (APIs === undefined) throw new Error(`Expected an account ${account}.`)
      return APIs.ask
    },
    urlOf: (server: 0 | 1) => servers[server].process.url,
    /** Empties the database and resets its clock; the servers keep running, and their memory must not matter. */
    async reset(): Promise<void> {
      await sql.query(`
        delete from todo; delete from idem.idempotency_record;
        update idem.installation set forgotten_before = 'epoch'`)
      await clock.setAhead(aheadMs)
    },
    /** The cleaning that a server runs every ten minutes, here at the time that the test chooses. */
    async clean(server: 0 | 1): Promise<void> {
      const { keys, tombstones } = await clean({
        query: async (text, values) =>
          (await servers[server].cleaner.query(text, [...values])).rows,
        policy: { retentionHours: retentionHours[server] },
        tombstoneRetentionDays: 365,
        expiredRows: [],
        signal: new AbortController().signal,
      })
      for (const { failure } of [keys, tombstones]) if (failure !== undefined) throw failure
    },
    /** Without a signal to it. */
    async restart(server: 0 | 1): Promise<void> {
      const { process, APIs, cleaner } = servers[server]
      for (const one of APIs) one[Symbol.dispose]()
      await Promise.all([process.end('SIGKILL'), cleaner.end()])
      servers[server] = await start(server)
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

/** The servers' own cleaning removes nothing when it runs. A claim outside its window is still withdrawn. */
const cleaningIsTold = `
  create function keep() returns trigger language plpgsql as $$
  begin
    if current_setting('application_name') like 'idem%' and (old.cancelled or old.answer is not null or old.refusal is not null)
    then return null; end if;
    return old;
  end $$;
  create trigger keep before delete on idem.idempotency_record for each row execute function keep()`
