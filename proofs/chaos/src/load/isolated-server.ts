import { scratchDatabase } from '@idem/test-support/scratch-database'
import { type ServerProcess, startServer } from '@idem/test-support/server-process'
import pg from 'pg'

export type IsolatedServer = AsyncDisposable & {
  readonly url: string
  readonly databaseUrl: string
  readonly output: () => string
  /** Lines of the log at level error or above. */
  readonly errorLines: () => string[]
  /** Health and readiness of the process that was started; 0 when it is gone. */
  readonly health: () => Promise<number[]>
  /** Todos with the titles of the good clients, and the number of different titles. */
  readonly made: () => Promise<{ todos: number; titles: number }>
}

/** The real server on a separate database, requested by address so that no name look-up is measured. */
export async function isolatedServer(
  variables: Readonly<Record<string, string>> = {},
): Promise<IsolatedServer> {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await scratchDatabase())
  const server: ServerProcess = starting.use(
    await startServer({ database, variables: { IDEM_LOG_LEVEL: 'error', ...variables } }),
  )
  const url = server.url.replace('localhost', '127.0.0.1')
  const running = starting.move()

  return {
    url,
    databaseUrl: database.url,
    output: server.output,
    errorLines: () =>
      server
        .output()
        .split('\n')
        .filter((line) => line.startsWith('{')),
    health: () =>
      Promise.all(
        ['/healthz', '/readyz'].map((path) =>
          fetch(`${url}${path}`).then(
            ({ status }) => status,
            () => 0,
          ),
        ),
      ),
    async made() {
      const client = new pg.Client({ connectionString: database.url })
      await client.connect()
      try {
        const { rows } = await client.query(
          `select count(*)::int as todos, count(distinct title)::int as titles
           from todo where title like 'Buy milk, %'`,
        )
        return rows[0]
      } finally {
        await client.end()
      }
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
