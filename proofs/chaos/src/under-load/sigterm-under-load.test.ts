import { seeded } from '@idem/test-support/random'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import pg from 'pg'
import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { watchEffects } from '../checker/effect-log.ts'
import { heldConnection } from '../database-errors/held-connection.ts'
import { rawCalls } from '../races/raw-calls.ts'
import { codes, expectNoViolation, seedOfRun } from '../report.ts'
import { startClients } from '../senders/clients.ts'

const stops = 5
/** Every request is answered quickly; a longer wait is a hang. */
const mostStopMs = 10_000
const seed = seedOfRun()

vi.setConfig({ testTimeout: 60_000 + stops * mostStopMs })

test('a server stopped by SIGTERM under load exits by itself, without losing or repeating an answered intent', async ({
  task,
}) => {
  await using database = await scratchDatabase()
  const random = seeded(seed + 4)
  const log = await watchEffects(database.url)
  let server = await startServer({ database })
  await using _ = { [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  const port = Number(new URL(server.url).port)
  await using clients = startClients({ urls: [server.url], random })
  const took: number[] = []
  for (let stop = 0; stop < stops; stop += 1) {
    const held = await heldConnection(server.url)
    await clients.answers(random.between(1, 150))
    const begun = performance.now()
    expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null })
    took.push(Math.round(performance.now() - begun))
    await held.closed
    server = await startServer({ database, port })
  }
  const { healedAt } = await clients.finish()
  const { events } = clients.history
  const [effects, records] = await Promise.all([log.effects(), log.records()])
  console.log(
    `${events.length} events, ${effects.length} effects, ended after ${took.join(' ')} ms, seed ${seed}`,
  )
  expectNoViolation({ seed, test: task.name, evidence: { events, effects, records, healedAt } })
  expect(codes(events)).not.toContain('unexpected')
  expect(effects.length).toBeGreaterThan(stops * 20)
  expect(await log.stuckSessions()).toBe(0)
  expect(Math.max(...took)).toBeLessThan(mostStopMs)
})

test('a request in progress at SIGTERM is answered, and no new request is accepted', async () => {
  await using database = await scratchDatabase()
  const log = await watchEffects(database.url)
  await using server = await startServer({ database })
  using calls = rawCalls(server.url, 1)
  const input = { idempotencyKey: v7(), title: 'Buy milk' }
  const other = new pg.Client({ connectionString: database.url })
  await other.connect()
  await other.query('begin')
  await other.query(
    `insert into idem.idempotency_record (owner_id, key, cancelled, created_at) values ('local', $1, true, now())`,
    [input.idempotencyKey],
  )
  const answer = calls.mutate('createTodo', input)
  await untilSomeoneWaits(other)
  const ended = server.end('SIGTERM')
  while (
    await fetch(`${server.url}/healthz`).then(
      ({ ok }) => ok,
      () => false,
    )
  );
  await other.query('rollback')
  await other.end()
  expect(await answer).toMatchObject({ status: 200 })
  expect(await ended).toEqual({ code: 0, signal: null })
  expect(await log.effects()).toMatchObject([{ kind: 'made', key: input.idempotencyKey }])
})

async function untilSomeoneWaits(client: pg.Client): Promise<void> {
  for (;;) {
    // Not in a transaction, which would return its first snapshot again.
    await client.query('select pg_stat_clear_snapshot()')
    const { rowCount } = await client.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    if (rowCount !== 0) return
  }
}
