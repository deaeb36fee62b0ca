import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type T3Project, t3Project } from './t3-project.ts'
import { buildT3, t3Server } from './t3-server.ts'
import { type Post, send, t3Database } from './t3-world.ts'

vi.setConfig({ testTimeout: 900_000, hookTimeout: 400_000 })

let project: T3Project
beforeAll(async () => {
  project = await t3Project()
})
afterAll(() => project?.[Symbol.asyncDispose]())

const kills = 3

test('the project is built for production, and posts that are sent while it is killed are each made once', async () => {
  const { folder } = project
  await using database = await t3Database(folder)
  await buildT3({ folder, databaseUrl: database.url })
  await using server = await t3Server({ folder, databaseUrl: database.url, mode: 'start' })
  const posts: Post[] = Array.from({ length: 200 }, (_, at) => ({
    name: `post ${String(at).padStart(3, '0')}`,
    clicks: 1 + (at % 2),
  }))
  let isOver = false
  const sent = send(folder, server.url, posts).finally(() => {
    isOver = true
  })
  for (let killed = 0; killed < kills && !isOver; killed += 1) {
    const before = (await database.names()).length
    while (!isOver && (await database.names()).length < before + 10) await pause(5)
    await server.killAndRestart()
  }
  const answers = await sent
  expect(answers.map((each) => new Set(each.map(({ id }) => id)).size)).toEqual(posts.map(() => 1))
  expect(await database.names()).toEqual(posts.map(({ name }) => name))
})
