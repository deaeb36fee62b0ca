import { migrate } from '@idem/database/migrate'
import { startEmbeddedPostgres } from '@idem/embedded-postgres/start-embedded-postgres'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import pg from 'pg'

export type BenchDatabase = AsyncDisposable & {
  /** A new migrated database, on the same PostgreSQL as all others. */
  readonly scratch: (name: string) => Promise<Scratch>
  readonly version: string
  /** The first process of the embedded PostgreSQL, whose children are the others. Undefined where their processor time cannot be read. */
  readonly postmaster: number | undefined
}

export type Scratch = AsyncDisposable & { readonly url: string }

/** Runs the work on a database, which also ends after a signal. */
export async function onBenchDatabase(
  given: string | undefined,
  work: (database: BenchDatabase) => Promise<void>,
): Promise<void> {
  const stack = new AsyncDisposableStack()
  let ending: Promise<void> | undefined
  // Both a signal and the interrupted work wait for it.
  const end = () => {
    ending ??= stack.disposeAsync()
    return ending
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => end().finally(() => process.exit(1)))
  }
  try {
    await work(stack.use(await openBenchDatabase(given)))
  } finally {
    await end()
  }
}

/** A PostgreSQL for this run: the embedded one in a temporary folder, or the given one. */
export async function openBenchDatabase(given: string | undefined): Promise<BenchDatabase> {
  const server = given === undefined ? await startEmbedded() : { url: given, stop: async () => {} }
  const isReadable = given === undefined && process.platform === 'linux'
  let created = 0
  return {
    postmaster: isReadable ? await postmasterOf(server.url) : undefined,
    version: String((await ask(server.url, 'show server_version'))[0]?.server_version),
    async scratch(name) {
      created += 1
      const database = `${name}_${process.pid}_${created}`
      const identifier = pg.escapeIdentifier(database)
      await ask(server.url, `create database ${identifier}`)
      const url = new URL(server.url)
      url.pathname = `/${database}`
      await migrate({ url: url.href })
      return {
        url: url.href,
        async [Symbol.asyncDispose]() {
          await ask(server.url, `drop database ${identifier} with (force)`)
        },
      }
    },
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

async function postmasterOf(url: string): Promise<number> {
  const read = `select split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int as pid`
  return Number((await ask(url, read))[0]?.pid)
}

export async function ask(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(statement)).rows
  } finally {
    await client.end()
  }
}

async function startEmbedded() {
  const folder = await temporaryFolder()
  const server = await startEmbeddedPostgres({ dataDir: folder.path })
  return {
    url: server.url,
    async stop() {
      await server.stop()
      await folder[Symbol.asyncDispose]()
    },
  }
}
