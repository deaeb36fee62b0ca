import { check } from '@idem/check'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import pg from 'pg'
import { expect, test } from 'vitest'

/** Two servers on one database, and the number of todos that a run made. */
async function shop() {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await scratchDatabase())
  const servers = await Promise.all([1, 2].map(() => startServer({ database })))
  for (const server of servers) starting.use(server)
  const sql = new pg.Client({ connectionString: database.url })
  await sql.connect()
  starting.defer(() => sql.end())
  const started = starting.move()
  return {
    urls: servers.map(({ url }) => url),
    async count({ run }: { readonly run: string }) {
      // The check also sends another title, with this one at its beginning.
      const counted = 'select count(*)::int as n from todo where starts_with(title, $1)'
      return (await sql.query(counted, [titleOf(run)])).rows[0].n
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

const titleOf = (run: string) => `tea ${run}`

const told = {
  method: 'POST',
  headers: [['Content-Type', 'application/json']],
  body: JSON.stringify({ title: titleOf('{{run}}') }),
  badBody: '{"title":7}',
  profile: 'idem',
  rate: 1_000,
} as const

test('idem-check breaks nothing of REST and tRPC', { timeout: 60_000 }, async () => {
  await using it = await shop()
  const [one = '', two = ''] = it.urls
  const { count } = it
  const rest = check({
    ...told,
    count,
    url: new URL('/todos', one),
    also: new URL('/todos', two),
    keyIn: { in: 'header', name: 'Idempotency-Key' },
  })
  const trpc = check({
    ...told,
    count,
    url: new URL('/api/trpc/createTodo', one),
    also: new URL('/api/trpc/createTodo', two),
    keyIn: { in: 'body', pointer: ['idempotencyKey'] },
  })
  for (const { findings } of await Promise.all([rest, trpc])) {
    expect(findings.filter(({ verdict }) => verdict === 'broken')).toEqual([])
    expect(findings.filter(({ verdict }) => verdict === 'held').length).toBeGreaterThan(14)
  }
})
