import { join } from 'node:path'
import { createPool } from '@idem/database/pool'
import { startEmbeddedPostgres } from '@idem/embedded-postgres/start-embedded-postgres'
import { startServer } from '@idem/test-support/server-process'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { crashWorld } from '../crash-points/crash-point-world.ts'
import { type RawAnswer, rawCalls } from '../races/raw-calls.ts'
import { embeddedDatabase } from '../servers/embedded-database.ts'
import { canMountDisks, smallDisk } from './small-disk.ts'

/** A primary that waits for a synchronous standby that does not exist. */
async function primary() {
  const folder = await temporaryFolder()
  const server = await startServer({ database: { dataDir: folder.path } })
  const { url } = await embeddedDatabase(folder.path)
  const admin = createPool({ url, max: 1 })
  const calls = rawCalls(server.url, 1)
  return {
    mutate: calls.mutate,
    async waitFor(standby: string) {
      await admin.query(`alter system set synchronous_standby_names = '${standby}'`)
      await admin.query('select pg_reload_conf()')
      const seen = `select current_setting('synchronous_standby_names') as seen`
      await expect.poll(async () => (await admin.query(seen)).rows).toEqual([{ seen: standby }])
    },
    /** Cancels hanging commits like an operator; each then succeeds with a warning. */
    async cancelWaitsUntil(answered: Promise<unknown>) {
      let isAnswered = false
      void answered.finally(() => {
        isAnswered = true
      })
      while (!isAnswered) {
        await admin.query(
          `select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'`,
        )
      }
    },
    async todos(): Promise<number> {
      return (await admin.query('select count(*)::int as n from todo')).rows[0].n
    },
    async [Symbol.asyncDispose]() {
      calls[Symbol.dispose]()
      await admin.end()
      await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    },
  }
}

test('a write that a synchronous standby may lack is not acknowledged, neither first nor as a replay', {
  timeout: 60_000,
}, async () => {
  await using it = await primary()
  const tea = await it.mutate('createTodo', { idempotencyKey: v7(), title: 'Buy tea' })
  const { id } = JSON.parse(tea.text).result.data
  // In a batch, and alone.
  const sent = [
    ['createTodo', { idempotencyKey: v7(), title: 'Buy milk' }],
    ['updateTodo', { idempotencyKey: v7(), id, version: 1, completed: true }],
  ] as const
  await it.waitFor('nobody')
  for (const [operation, input] of [...sent, ...sent]) {
    const answering = it.mutate(operation, input)
    await it.cancelWaitsUntil(answering)
    const answer = await answering
    expect(answer.status).toBe(503)
    expect(answer.text).toContain('"retry":"same_key"')
  }
  expect(await it.todos()).toBe(2)
  await it.waitFor('')
  for (const [operation, input] of sent) {
    expect((await it.mutate(operation, input)).status).toBe(200)
  }
  expect(await it.todos()).toBe(2)
})

test('a commit that waits for a standby holds its key after its connection is lost, and is replayed when it ends', {
  timeout: 60_000,
}, async () => {
  await using it = await crashWorld()
  const admin = createPool({ url: it.databaseUrl, max: 1 })
  const send = (path: string, body: unknown) => it.send('struck', { path, body })
  const made = await send('/todos', { title: 'Buy tea' })
  const { id } = JSON.parse(made.text)
  const change = { idempotencyKey: v7(), id, version: 1, completed: true }
  const update = () => send('/api/trpc/updateTodo', change)
  const waitFor = async (standby: string) => {
    await admin.query(`alter system set synchronous_standby_names = '${standby}'`)
    await admin.query('select pg_reload_conf()')
  }

  await waitFor('nobody')
  const answering = update()
  const waiting = `select from pg_stat_activity where wait_event = 'SyncRep'`
  await expect.poll(async () => (await admin.query(waiting)).rowCount, { interval: 5 }).toBe(1)
  it.proxy.cutAll()
  expect(await answering).toMatchObject({ status: 409, code: 'in_flight' })

  await waitFor('')
  await expect.poll(async () => (await update()).status, { timeout: 10_000 }).toBe(200)
  expect((await it.effects()).map(({ kind }) => kind)).toEqual(['made', 'changed'])
  await admin.end()
})

/** Eight at a time, each a commit of half a kilobyte. */
function sends(url: string) {
  const calls = rawCalls(url, 8)
  const creates = Array.from({ length: 200 }, (_, at) => ({
    idempotencyKey: v7(),
    title: `${at} `.repeat(100),
  }))
  return {
    send: () => Promise.all(creates.map((create) => calls.mutate('createTodo', create))),
    [Symbol.dispose]: () => calls[Symbol.dispose](),
  }
}

const kinds = (answers: readonly RawAnswer[]) => new Set(answers.map(({ status }) => status))

if (canMountDisks) {
  test('a completely full disk gives no false success, and the server recovers once there is space', {
    timeout: 120_000,
  }, async () => {
    await using disk = await smallDisk(256)
    const dataDir = join(disk.path, 'data')
    await using server = await startServer({ database: { dataDir } })
    const seen = new Map<number, string>()
    const hear = (answers: readonly RawAnswer[]) => {
      for (const [at, { status, text }] of answers.entries()) {
        if (status !== 200) {
          expect(text).toMatch(/"retry":"same_key","retryAfterMs":\d/)
          continue
        }
        expect(seen.get(at) ?? text).toBe(text)
        seen.set(at, text)
      }
      return kinds(answers)
    }

    // Writes that fit into existing files still succeed.
    await disk.fill()
    await expect
      .poll(
        async () => {
          using more = sends(server.url)
          return kinds(await more.send())
        },
        { timeout: 60_000 },
      )
      .toContain(503)
    using clients = sends(server.url)
    hear(await clients.send())
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503)

    await disk.free()
    const freed = performance.now()
    await expect
      .poll(async () => [...hear(await clients.send())], { timeout: 30_000 })
      .toEqual([200])
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    expect(performance.now() - freed).toBeLessThan(10_000)

    const sql = createPool({ url: (await embeddedDatabase(dataDir)).url, max: 1 })
    const { rows } = await sql.query(
      'select count(*)::int as n from todo group by created_key having count(*) > 1',
    )
    expect(rows).toEqual([])
    await sql.end()
  })

  test('a start on a full disk fails with a sentence, whether the pid file or the lock of the socket lacks room', {
    timeout: 60_000,
  }, async () => {
    await using disk = await smallDisk(100)
    const dataDir = join(disk.path, 'data')
    await (await startEmbeddedPostgres({ dataDir })).stop()
    for (const blocks of [0, 1]) {
      await disk.fill(blocks)
      await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(
        `The disk that holds ${dataDir} is full, so PostgreSQL could not start; free space there and start again. Committed data are not lost.`,
      )
      await disk.free()
    }
    await (await startEmbeddedPostgres({ dataDir })).stop()
  })
}
