import { setTimeout as pause } from 'node:timers/promises'
import { idempotentFetch } from '@idem/outbox/fetch'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect } from 'vitest'
import { runTool } from '../run-tool.ts'
import { foreignServer } from '../server-process.ts'
import { type Framework, type FrameworkName, frameworks } from './http-project.ts'

export type HttpWorld = Awaited<ReturnType<typeof httpWorld>>

type Sent = { readonly name: string; readonly key: string; readonly user?: string }

/** The server of the project, with a database that has the tables of both. */
export async function httpWorld(name: FrameworkName, folder: string) {
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await preparedDatabase(folder))
  const { serve }: Framework = frameworks[name]
  const env = { DATABASE_URL: database.url, NODE_ENV: 'production' }
  const server = starting.use(
    await foreignServer({ cwd: folder, args: serve, env, readyPath: '/' }),
  )
  const started = starting.move()

  const request = ({ name, key, user = 'ann' }: Sent) => ({
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key, 'X-User': user },
    body: JSON.stringify({ name }),
  })
  return {
    names: database.names,
    killAndRestart: server.killAndRestart,
    async post(sent: Sent) {
      const response = await fetch(`${server.url}/posts`, request(sent))
      return { status: response.status, text: await response.text(), headers: response.headers }
    },
    /** Repeats it until it is answered. */
    async persist(sent: Sent): Promise<string> {
      const response = await send(`${server.url}/posts`, request(sent))
      expect(response.status).toBe(201)
      return response.text()
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  }
}

const send = idempotentFetch({ attemptTimeoutMs: 5_000 })

async function preparedDatabase(folder: string) {
  const { url, [Symbol.asyncDispose]: drop } = await scratchDatabase()
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  pool.on('error', () => undefined)
  await pool.query('create table posts (id serial primary key, name text, author text)')
  const env = { DATABASE_URL: url }
  await runTool(`${folder}/node_modules/.bin/idem`, ['migrate'], { cwd: folder, env })
  return {
    url,
    /** The names of all posts, in order. */
    async names(): Promise<string[]> {
      const { rows } = await pool.query('select name from posts order by name')
      return rows.map(({ name }) => name)
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
      await drop()
    },
  }
}

const kills = 3

/** Sends 200 posts, every second one twice at once, while the server is killed three times. */
export async function expectEachOnce(it: HttpWorld): Promise<void> {
  const names = Array.from({ length: 200 }, (_, at) => `post ${String(at).padStart(3, '0')}`)
  let isOver = false
  let next = 0
  const answers: string[][] = []
  const client = async () => {
    for (let at = next++; at < names.length; at = next++) {
      const sent = { name: names[at] ?? '', key: `key-${at}` }
      answers[at] = await Promise.all(Array.from({ length: 1 + (at % 2) }, () => it.persist(sent)))
    }
  }
  const sent = Promise.all(Array.from({ length: 10 }, client)).finally(() => {
    isOver = true
  })
  // Thrown below, after the server was started again.
  sent.catch(() => undefined)
  let killed = 0
  for (; killed < kills && !isOver; killed += 1) {
    const before = (await it.names()).length
    while (!isOver && (await it.names()).length < before + 10) await pause(5)
    await it.killAndRestart()
  }
  await sent
  expect(killed).toBe(kills)
  expect(answers.map((each) => new Set(each).size)).toEqual(names.map(() => 1))
  expect(await it.names()).toEqual(names)
}
