import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { httpProxy } from '@idem/test-support/http-proxy'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { installPacked } from '../packages/install-packed.ts'
import { foreignServer } from '../server-process.ts'
import { expectEachOnce, send, t3Database } from '../t3/t3-world.ts'

vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 })

const fixture = (name: string) => fileURLToPath(new URL(`../../${name}.txt`, import.meta.url))

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'idem-plain-'))
  await copyFile(fixture('plain/package.json'), join(folder, 'package.json'))
  await copyFile(fixture('plain/server.mjs'), join(folder, 'server.mjs'))
  await copyFile(fixture('t3/drive.mjs'), join(folder, 'drive.mjs'))
  await installPacked(folder)
})
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 10 }))

async function world(library: string) {
  const database = await t3Database(folder)
  const server = await foreignServer({
    cwd: folder,
    args: (port) => ['server.mjs', library, `${port}`],
    env: { DATABASE_URL: database.url },
    readyPath: '/api/trpc/post.getLatest',
  })
  return {
    folder,
    database,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

const onBoth = test.for(['drizzle', 'pg'])

onBoth('a post whose answer is lost twice is made once, on %s', async (library) => {
  await using it = await world(library)
  await using proxy = await httpProxy({ targets: [it.server.url] })
  proxy.next('post', 'cut_after')
  proxy.next('post', 'cut_midway')
  await send(folder, proxy.url, [{ name: 'milk', clicks: 1 }])
  expect(proxy.requests()).toBe(3)
  await send(folder, proxy.url, [{ name: 'tea', clicks: 2 }])
  expect(await it.database.names()).toEqual(['milk', 'tea'])
})

onBoth(
  'each post that is sent while the server is killed is created once, on %s',
  async (library) => {
    await using it = await world(library)
    await expectEachOnce(it)
  },
)
