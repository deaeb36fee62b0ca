import { fileURLToPath } from 'node:url'
import { idempotentFetch } from '@idem/outbox/fetch'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect } from 'vitest'
import { guideFolder, idemMigrate } from '../guides/guide-folder.ts'
import { startKillable } from '../killable-process.ts'
import { runTool } from '../run-tool.ts'
import { foreignServer } from '../server-process.ts'
import { mailSink } from './mail-sink.ts'

const here = fileURLToPath(new URL('../../', import.meta.url))

export type JobsWorld = Awaited<ReturnType<typeof jobsWorld>>

/** The server and the worker of the guide, each a process, with a database and a mail server. */
export async function jobsWorld() {
  await using starting = new AsyncDisposableStack()
  const { folder } = starting.use(await guideFolder('jobs', `${here}jobs/server.ts.txt`))
  const database = starting.use(await preparedDatabase(folder))
  const sink = starting.use(await mailSink())
  const env = { DATABASE_URL: database.url, SMTP_URL: sink.url }
  const args = (port: number) => ['server.ts', `${port}`]
  const server = starting.use(await foreignServer({ cwd: folder, args, env, readyPath: '/' }))
  const startWorker = () => startKillable({ cwd: folder, args: ['mail-worker.ts'], env })
  let worker = startWorker()
  starting.defer(() => worker.kill())
  const started = starting.move()

  return {
    sink,
    database,
    killServer: server.killAndRestart,
    async killWorker() {
      await worker.kill()
      worker = startWorker()
    },
    /** Sends one intent until it is answered. */
    async order(item: string): Promise<number> {
      const response = await send(server.url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ item, email: `${item}@example.com` }),
      })
      expect(response.status).toBe(200)
      const { orderId } = await response.json()
      return orderId
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

const send = idempotentFetch({ attemptTimeoutMs: 5_000 })

async function preparedDatabase(folder: string) {
  const { url, [Symbol.asyncDispose]: drop } = await scratchDatabase()
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  pool.on('error', () => undefined)
  await pool.query(tables)
  await idemMigrate(url)
  await runTool(`${here}node_modules/.bin/graphile-worker`, ['-c', url, '--schema-only'], {
    cwd: folder,
  })
  const count = async (table: 'orders' | 'graphile_worker.jobs'): Promise<number> =>
    (await pool.query(`select count(*)::int as n from ${table}`)).rows[0].n
  return {
    url,
    orders: () => count('orders'),
    jobs: () => count('graphile_worker.jobs'),
    async [Symbol.asyncDispose]() {
      await pool.end()
      await drop()
    },
  }
}

/** The first three commits of an order of figs fail: nothing may be left of them, also no job. */
const tables = `
  create table orders (id serial primary key, item text not null);
  create sequence commits;
  create function fail_first() returns trigger language plpgsql as $$
    begin
      if nextval('commits') <= 3 then raise 'not yet'; end if;
      return null;
    end
  $$;
  create constraint trigger fail_first after insert on orders
    deferrable initially deferred for each row when (new.item = 'figs')
    execute function fail_first()`

/** Every intent has one order, and the mail of this order has arrived, whatever was killed. */
export async function expectOneMailEach(
  { database, sink }: JobsWorld,
  answers: readonly number[],
): Promise<void> {
  expect(await database.orders()).toBe(answers.length)
  await expect.poll(database.jobs, { timeout: 60_000 }).toBe(0)
  const subjects = [...sink.mails().values()].map((copies) => [...new Set(copies)].join())
  expect(subjects.sort()).toEqual(answers.map((id) => `Your order ${id}`).sort())
}
