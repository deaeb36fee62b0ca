import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { faultProxy } from './fault-proxy.ts'

test('forwards a call and its answer to the byte, and remembers it', async () => {
  await using world = await echoWorld()
  const answer = await world.call('createTodo', '{"a": "ä"}')
  expect(await answer.text()).toBe('heard {"a": "ä"}')
  expect(answer.status).toBe(201)
  expect(world.proxy.passed('createTodo')).toEqual([
    { operation: 'createTodo', body: '{"a": "ä"}' },
  ])
})

test('cuts before the server has heard, and only the next call of that name', async () => {
  await using world = await echoWorld()
  const fault = world.proxy.next('createTodo', 'cut')
  expect((await world.call('deleteTodo', 'other')).status).toBe(201)
  await expect(world.call('createTodo', 'lost')).rejects.toThrow('fetch failed')
  await fault.struck
  expect((await world.call('createTodo', 'again')).status).toBe(201)
  expect(world.heard).toEqual(['other', 'again'])
})

test('drops an answer in the middle, after the server has given it', async () => {
  await using world = await echoWorld()
  world.proxy.next('createTodo', 'drop_answer')
  const answer = await world.call('createTodo', 'done')
  await expect(answer.text()).rejects.toThrow('terminated')
  expect(world.heard).toEqual(['done'])
})

test('swallows an answer to the last byte, after the server has given it', async () => {
  await using world = await echoWorld()
  world.proxy.next('createTodo', 'swallow_answer')
  await expect(world.call('createTodo', 'done')).rejects.toThrow('fetch failed')
  expect(world.heard).toEqual(['done'])
})

test('holds a call until it is released, even if nobody waits for it any more', async () => {
  await using world = await echoWorld()
  const fault = world.proxy.next('createTodo', 'hold')
  const leaving = new AbortController()
  const call = world.call('createTodo', 'late', leaving.signal)
  await fault.struck
  leaving.abort()
  await expect(call).rejects.toThrow('aborted')
  expect(world.heard).toEqual([])
  await fault.release()
  expect(world.heard).toEqual(['late'])
})

test('holds an answer until it is released', async () => {
  await using world = await echoWorld()
  const fault = world.proxy.next('createTodo', 'hold_answer')
  const call = world.call('createTodo', 'done')
  await fault.struck
  expect(world.heard).toEqual(['done'])
  await fault.release()
  expect((await call).status).toBe(201)
})

test('refuses in words of its own, and the server hears nothing', async () => {
  await using world = await echoWorld()
  world.proxy.next('createTodo', 'refuse')
  expect((await world.call('createTodo', 'lost')).status).toBe(503)
  expect(world.heard).toEqual([])
})

test('answers every call of one operation in place of the server, until it is told to stop', async () => {
  await using world = await echoWorld()
  world.proxy.always('createTodo', { status: 500, body: '{}' })
  for (const body of ['one', 'two']) {
    expect((await world.call('createTodo', body)).status).toBe(500)
  }
  expect((await world.call('deleteTodo', 'other')).status).toBe(201)
  world.proxy.always('createTodo', undefined)
  expect((await world.call('createTodo', 'three')).status).toBe(201)
  expect(world.heard).toEqual(['other', 'three'])
})

async function echoWorld() {
  const heard: string[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    heard.push(body)
    response.writeHead(201).end(`heard ${body}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const proxy = await faultProxy(`http://127.0.0.1:${port}`)
  return {
    heard,
    proxy,
    call: (operation: string, body: string, signal?: AbortSignal) =>
      fetch(`${proxy.url}/api/trpc/${operation}`, { method: 'POST', body, signal: signal ?? null }),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]()
      server.closeAllConnections()
      server.close()
    },
  }
}
