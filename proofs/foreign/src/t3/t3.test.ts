import { httpProxy } from '@idem/test-support/http-proxy'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { attacks, expectHarmless } from '../plain/prisma-attacks.ts'
import { runTool } from '../run-tool.ts'
import { type T3Project, t3Project } from './t3-project.ts'
import { t3Server } from './t3-server.ts'
import { send, t3Database } from './t3-world.ts'

vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 })

let project: T3Project
beforeAll(async () => {
  project = await t3Project()
})
afterAll(() => project?.[Symbol.asyncDispose]())

test('the project compiles, its own types unchanged', async () => {
  const { folder } = project
  await runTool(`${folder}/node_modules/.bin/tsc`, ['--noEmit'], { cwd: folder })
})

test('CommonJS code requires every entry point', async () => {
  const script = `for (const name of ${JSON.stringify(entryPoints)}) require(name)`
  await runTool(process.execPath, ['-e', script], { cwd: project.folder })
})

/** The project has no fastq. */
const ofPrisma = attacks.filter((attack) => !attack.includes('fastq'))

test.for(ofPrisma)(
  'with Prisma 6, %s loses no effect and leaves no half of one',
  async (attack) => {
    const client = './generated/prisma/index.js'
    await expectHarmless({ folder: project.folder, client, connection: 'string', attack })
  },
)

test('a post whose answer is lost twice is sent three times and created once, and a double click creates one', async () => {
  const { folder } = project
  await using database = await t3Database(folder)
  await using server = await t3Server({ folder, databaseUrl: database.url, mode: 'dev' })
  const requests: string[] = []
  await using proxy = await httpProxy({
    targets: [server.url],
    onRequest: ({ operation }) => requests.push(operation),
  })
  // The proxy names a request by the last word of its path before a dot.
  proxy.next('post', 'cut_after')
  proxy.next('post', 'cut_midway')
  const [[post] = []] = await send(folder, proxy.url, [{ name: 'milk', clicks: 1 }])
  expect(post).toMatchObject({ name: 'milk' })
  expect(requests).toEqual(['post', 'post', 'post'])
  expect(await database.names()).toEqual(['milk'])

  const [clicks = []] = await send(folder, proxy.url, [{ name: 'tea', clicks: 2 }])
  expect(clicks).toHaveLength(2)
  expect(clicks[0]).toEqual(clicks[1])
  expect(await database.names()).toEqual(['milk', 'tea'])
})

/** All but those for libraries that the project does not have. */
const entryPoints = [
  '@idem/idempotency',
  '@idem/idempotency/next',
  '@idem/idempotency/pg',
  '@idem/idempotency/prisma',
  '@idem/idempotency/trpc',
  '@idem/outbox',
  '@idem/outbox/fetch',
  '@idem/outbox/key',
  '@idem/outbox/next',
  '@idem/outbox/react',
  '@idem/outbox/tanstack-query',
  '@idem/outbox/trpc',
]
