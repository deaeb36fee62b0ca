import { afterAll, expect, test } from 'vitest'
import { hostileWorld } from './hostile-world.ts'
import { head, rawExchange, statusesIn } from './raw-connection.ts'

const world = await hostileWorld(1)
afterAll(() => world[Symbol.asyncDispose]())

test('a hundred pipelined requests get a hundred responses', {
  timeout: 60_000,
}, async () => {
  const asked =
    head('GET /todos?limit=1').repeat(99) + head('GET /todos?limit=1', 'Connection: close')
  expect(statusesIn(await rawExchange(world.port, asked))).toEqual(Array(100).fill(200))
})

test('a client that pipelines without limit is disconnected immediately', {
  timeout: 60_000,
}, async () => {
  for (let times = 0; times < 10; times += 1) {
    expect(await rawExchange(world.port, head('GET /todos?limit=100').repeat(50_000))).not.toMatch(
      /HTTP\/1.1 [45]/,
    )
  }
  expect(await world.harm()).toEqual([])
})
