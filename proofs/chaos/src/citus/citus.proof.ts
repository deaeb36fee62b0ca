import { onServer } from '@idem/test-support/on-server'
import { startServer } from '@idem/test-support/server-process'
import pg from 'pg'
import { v7 } from 'uuid'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type CitusCluster, citusCluster } from './citus-cluster.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 })

let cluster: CitusCluster
beforeAll(async () => {
  cluster = await citusCluster()
  for (const { url } of cluster.nodes) {
    await onServer(url, async (sql) => {
      await sql.query(`alter system set log_statement = 'all'`)
      await sql.query('select pg_reload_conf()')
    })
  }
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

/** The transactions that were committed on several nodes, as the statements of one of these. */
async function twoPhases(): Promise<string[]> {
  const logs = await Promise.all(cluster.nodes.map((node) => node.log()))
  return logs.flatMap((log) => {
    const open = new Map<string, string>()
    const prepared: string[] = []
    for (const [line, session = ''] of log.matchAll(/^.* \[(\d+)\] LOG: .*$/gm)) {
      const begun = / BEGIN /.test(line) ? '' : (open.get(session) ?? '')
      open.set(session, `${begun}\n${line}`)
      if (line.includes('PREPARE TRANSACTION')) prepared.push(`${open.get(session)}`)
    }
    return prepared
  })
}

/** The wait for a lock is 1.5 s. */
const mostHeldMs = 2_000

/** Another session claims the key and does not commit. */
async function holdKey(key: string) {
  const sql = new pg.Client({ connectionString: cluster.nodes[0].url })
  // The end of the test may end its session.
  sql.on('error', () => {})
  await sql.connect()
  await sql.query('begin')
  await sql.query(
    `insert into idem.idempotency_record (owner_id, key, cancelled, created_at) values ('local', $1, true, now())`,
    [key],
  )
  return {
    release: () => sql.query('rollback'),
    [Symbol.asyncDispose]: () => sql.end(),
  }
}

/** Cleaning, which begins with the server, changes tables on all nodes. A request commits on one. */
const ofRequest = /(INSERT INTO|UPDATE) (idem\.idempotency_record|public\.todo)/i

test.each([
  ['the coordinator', 0],
  ['a worker', 1],
] as const)('a server on %s keeps the promise', async (_, node) => {
  await using server = await startServer({ database: cluster.nodes[node] })
  const call = async (operation: string, input: object) => {
    const body = JSON.stringify(input)
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${server.url}/api/trpc/${operation}`, {
      method: 'POST',
      headers,
      body,
    })
    return { status: response.status, text: await response.text() }
  }
  const metrics = async () => (await fetch(`${server.url}/metrics`)).text()
  const create = { idempotencyKey: v7(), title: 'Milk', id: v7() }
  const [first, again] = [await call('createTodo', create), await call('createTodo', create)]
  expect(first).toMatchObject({ status: 200, text: expect.stringContaining('Milk') })
  expect(again).toEqual(first)
  const otherKey = { ...create, idempotencyKey: v7() }
  expect(await call('createTodo', otherKey)).toEqual(first)
  const { id } = create
  const update = { idempotencyKey: v7(), id, version: 1, title: 'Bread' }
  const updated = await call('updateTodo', update)
  expect(updated.text).toContain('"version":2')
  expect(await call('updateTodo', update)).toEqual(updated)
  const conflict = await call('updateTodo', { ...update, idempotencyKey: v7() })
  expect(conflict).toMatchObject({ status: 409, text: expect.stringContaining('version_conflict') })
  const remove = await call('deleteTodo', { idempotencyKey: v7(), id })
  expect(remove.status).toBe(200)
  const undo = { idempotencyKey: v7(), id }
  const undone = await call('restoreTodo', undo)
  expect(undone.text).toContain('"version":4')
  expect(await call('restoreTodo', undo)).toEqual(undone)
  const cancelled = await call('cancel', { idempotencyKey: v7() })
  expect(cancelled.text).toContain('cancelled')
  const many = Array.from({ length: 100 }, (_, at) => ({ idempotencyKey: v7(), title: `${at}` }))
  const sends = await Promise.all([...many, ...many].map((each) => call('createTodo', each)))
  expect(sends.slice(100)).toEqual(sends.slice(0, 100))
  expect(new Set(sends.map(({ text }) => text)).size).toBe(100)
  // The limit of the wait reaches the node of the key.
  const held = { idempotencyKey: v7(), title: 'Eggs' }
  const change = { idempotencyKey: held.idempotencyKey, id, version: 4, title: 'Eggs' }
  await using holder = await holdKey(held.idempotencyKey)
  for (const attempt of [() => call('createTodo', held), () => call('updateTodo', change)]) {
    const begun = performance.now()
    expect(await attempt()).toMatchObject({
      status: 409,
      text: expect.stringContaining('in_flight'),
    })
    expect(performance.now() - begun).toBeLessThan(mostHeldMs)
  }
  await holder.release()
  expect((await call('createTodo', held)).status).toBe(200)
  expect(await metrics()).not.toContain('sqlstate="0A000"')
  expect((await twoPhases()).filter((each) => ofRequest.test(each))).toEqual([])
})
