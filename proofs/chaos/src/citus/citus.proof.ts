import { startServer } from '@idem/test-support/server-process'
import { v7 } from 'uuid'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type CitusCluster, citusCluster } from './citus-cluster.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let cluster: CitusCluster
beforeAll(async () => {
  cluster = await citusCluster()
})
afterAll(() => cluster?.[Symbol.asyncDispose]())

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
})
