import { afterAll, beforeAll, test, vi } from 'vitest'
import { type T3Project, t3Project } from './t3-project.ts'
import { buildT3, t3Server } from './t3-server.ts'
import { expectEachOnce, t3Database } from './t3-world.ts'

vi.setConfig({ testTimeout: 1_200_000, hookTimeout: 400_000 })

let project: T3Project
beforeAll(async () => {
  project = await t3Project()
})
afterAll(() => project?.[Symbol.asyncDispose]())

test('the project is built for production, and each post that is sent while it is killed is created once', async () => {
  const { folder } = project
  await using database = await t3Database(folder)
  await buildT3({ folder, databaseUrl: database.url })
  await using server = await t3Server({ folder, databaseUrl: database.url, mode: 'start' })
  await expectEachOnce({ folder, database, server })
})
