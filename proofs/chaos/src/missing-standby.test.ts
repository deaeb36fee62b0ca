import { createPool } from '@idem/database/pool'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { embeddedDatabase } from './embedded-database.ts'
import { rawCalls } from './raw-calls.ts'
import { startServer } from './server-process.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A primary that was told to wait for a synchronous standby, and has none unless it is told to stop waiting. */
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
    /** What an operator does with commits that hang; each succeeds then, with a warning that it may not last. */
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

test('what a synchronous standby may not have is not acknowledged, neither first nor as a replay', {
  timeout: 60_000,
}, async () => {
  await using it = await primary()
  const create = { idempotencyKey: v7(), title: 'Buy milk' }
  await it.waitFor('nobody')
  for (const _ of ['first', 'again']) {
    const answering = it.mutate('createTodo', create)
    await it.cancelWaitsUntil(answering)
    const answer = await answering
    expect(answer.status).toBe(503)
    expect(answer.text).toContain('"retry":"same_key"')
  }
  expect(await it.todos()).toBe(1)
  await it.waitFor('')
  expect((await it.mutate('createTodo', create)).status).toBe(200)
  expect(await it.todos()).toBe(1)
})
