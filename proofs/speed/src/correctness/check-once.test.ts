import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import pg from 'pg'
import { expect, test } from 'vitest'
import { contenderNamed } from '../contenders/contenders.ts'
import { checkOnce } from './check-once.ts'

const plan = { attempts: 5, creates: 60, kills: 2, patienceMs: 1_000, seed: 1 }

test('a server that forgets its keys is found out', async () => {
  await using server = await serverThat(() => 'insert')
  const once = await checkOnce(server, plan)
  expect(once).toMatchObject({ atOnce: plan.attempts, stuck: 0 })
  expect(server.kills()).toBe(plan.kills)
})

test('a key that gets only refusals is stuck, and its todo is missing', async () => {
  await using server = await serverThat((title) => (title === 'killed 7' ? 'refuse' : 'insert'))
  expect(await checkOnce(server, plan)).toMatchObject({ killed: plan.creates - 1, stuck: 1 })
})

/** A server whose restart is only counted. */
async function serverThat(decide: (title: string) => 'insert' | 'refuse') {
  const database = await scratchDatabase()
  const pool = new pg.Pool({ connectionString: database.url, max: 4 })
  let kills = 0
  const server = createServer(async (request, response) => {
    const { title } = JSON.parse((await request.toArray()).join(''))
    if (decide(title) === 'refuse') return response.writeHead(409).end('{}')
    await pool.query(
      `insert into todo (owner_id, id, title, created_at, updated_at) values ('a', gen_random_uuid(), $1, now(), now())`,
      [title],
    )
    return response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    contender: contenderNamed('insert'),
    pids: () => [],
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    databaseUrl: database.url,
    kills: () => kills,
    async killAndRestart() {
      kills += 1
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await pool.end()
      await database[Symbol.asyncDispose]()
    },
  }
}
