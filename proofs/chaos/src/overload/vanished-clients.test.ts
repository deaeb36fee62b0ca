import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connected } from '@idem/speed/exchange'
import pg from 'pg'
import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { isolatedServer } from '../load/isolated-server.ts'
import { metricOf } from '../load/server-gauges.ts'

const clients = 300
/** Transactions that had begun are completed: at most eight, and those of this mix in two batches. */
const mostBegun = 20
/** A second batch begins when the first has run for so long. */
const batchesAtOnce = 2
const slowBatchMs = 100
/** Longer than all work that had begun: a wait for a lock takes 1.5 s. */
const quietAfterMs = 5_000

const holdClaims = `
  select pg_advisory_lock(1);
  create function hold() returns trigger language plpgsql as $$
  begin
    while not pg_try_advisory_xact_lock_shared(1) loop perform pg_sleep(0.01); end loop;
    return null;
  end $$;
  create trigger hold before insert on idem.idempotency_record execute function hold()`

const inputs = {
  deleteTodo: () => ({ idempotencyKey: v7(), id: v7() }),
  updateTodo: () => ({ idempotencyKey: v7(), id: v7(), version: 1, title: 'Buy tea' }),
  restoreTodo: () => ({ idempotencyKey: v7(), id: v7() }),
  createTodo: () => ({ idempotencyKey: v7(), title: 'Buy milk' }),
}

vi.setConfig({ testTimeout: 60_000 })

test('300 clients that send a keyed request and disconnect leave no work behind: 5 s later nothing runs', async () => {
  await using server = await isolatedServer()
  const { url, databaseUrl } = server
  await using database = await admin(databaseUrl)
  // Its metrics of the database are fresh for ten seconds then, and no request for metrics waits for the lock.
  expect(await inProgress(url)).toBe(0)
  // Nothing ends while the clients are there, so that all admitted requests are in progress. A wait for
  // a lock would end by its time-out, and the places it frees would take more of the waiting requests.
  await database.query(holdClaims)
  const sockets: Socket[] = []
  const sendMore = async (count: number) => {
    const at = sockets.length
    sockets.push(...(await Promise.all(Array.from({ length: count }, (_, n) => send(url, at + n)))))
  }
  // The batches that may run at once begin with these few, and the others wait for their end.
  for (let batch = 1; batch <= batchesAtOnce; batch += 1) {
    await sendMore(Object.keys(inputs).length)
    await vi.waitUntil(async () => (await database.held()) >= batch, { timeout: 10_000 })
    await pause(slowBatchMs)
  }
  await sendMore(clients - sockets.length)
  await vi.waitUntil(async () => (await inProgress(url)) >= mostBegun * 3, { timeout: 10_000 })
  for (const socket of sockets) socket.destroy()
  // Until the server has noticed; the connections of this test remain.
  await vi.waitUntil(async () => (await openSockets(url)) < mostBegun, { timeout: 15_000 })
  await database.query('select pg_advisory_unlock(1)')

  const left = performance.now()
  await vi.waitUntil(async () => (await inProgress(url)) === 0, {
    timeout: quietAfterMs,
    interval: 50,
  })
  const quietMs = performance.now() - left
  const records = async () =>
    Number((await database.query('select count(*) from idem.idempotency_record')).rows[0].count)
  const executed = await records()
  const [dropped, late] = await Promise.all([
    attempts(url, 'dropped'),
    attempts(url, 'unavailable'),
  ])
  console.log(
    `${clients} clients: ${executed} executed, ${dropped} dropped, ${late} too late, nothing in progress after ${quietMs.toFixed(0)} ms`,
  )
  expect(executed).toBeLessThanOrEqual(mostBegun)
  // On a slow machine some have waited too long for their turn.
  expect(dropped + late).toBeGreaterThan(mostBegun)
  await pause(1_000)
  expect(await records()).toBe(executed)
  expect(await database.working()).toEqual([])
  expect(server.errorLines()).toEqual([])
})

const openSockets = (url: string) =>
  metricOf(url, 'nodejs_active_resources{', 'type="TCPSocketWrap"')
const inProgress = (url: string) => metricOf(url, 'idem_requests_in_progress')
const attempts = (url: string, outcome: string) =>
  metricOf(url, 'idem_keyed_attempts_total', `outcome="${outcome}"`)

async function send(url: string, at: number): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = await connected(hostname, Number(port))
  socket.on('error', () => {})
  const [path = '', input = () => ({})] = Object.entries(inputs)[at % 4] ?? []
  const body = JSON.stringify(input())
  socket.write(
    `POST /api/trpc/${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  return socket
}

async function admin(connectionString: string) {
  const client = new pg.Client({ connectionString })
  await client.connect()
  return {
    query: (text: string) => client.query(text),
    /** Transactions that are held at their first claim. */
    held: async () =>
      Number(
        (
          await client.query(
            `select count(*) from pg_stat_activity
             where datname = current_database() and wait_event = 'PgSleep'`,
          )
        ).rows[0].count,
      ),
    /** Statements that other sessions run. */
    working: async () =>
      (
        await client.query(
          `select query from pg_stat_activity where datname = current_database()
           and state <> 'idle' and pid <> pg_backend_pid() and backend_type = 'client backend'`,
        )
      ).rows,
    [Symbol.asyncDispose]: () => client.end(),
  }
}
