import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { httpProxy } from '@idem/test-support/http-proxy'
import { pgbouncerServer } from '@idem/test-support/pgbouncer-server'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { published } from '../packages/packed.ts'
import { runTool } from '../run-tool.ts'
import { foreignServer } from '../server-process.ts'
import { expectEachOnce, send, t3Database } from '../t3/t3-world.ts'
import { type PlainProject, plainProject } from './plain-project.ts'
import { printTimes } from './print-times.ts'
import { type Library, libraries, poolers } from './support.ts'

vi.setConfig({ testTimeout: 400_000, hookTimeout: 400_000 })
printTimes()

type Setting = {
  readonly name: string
  readonly node?: 22
  readonly zone?: string
  /** The settings of a PgBouncer in transaction mode. */
  readonly pooler?: readonly string[] | undefined
  readonly poolSize?: number
}

const settings: Setting[] = [
  { name: 'Node 22', node: 22 },
  { name: 'a database west of UTC', zone: 'America/Los_Angeles' },
  { name: 'a pool of one connection', poolSize: 1 },
  ...Object.entries(poolers).map(([name, pooler]) => ({ name, pooler })),
]

// The keys of an object are strings in its type.
const names = Object.keys(libraries) as Library[]

const cases = names.flatMap((library) =>
  settings.map((setting) => ({ ...setting, library, title: `${library}, ${setting.name}` })),
)

const projects = {} as Record<6 | 7, PlainProject>
beforeAll(async () => {
  for (const prisma of [6, 7] as const) projects[prisma] = await plainProject(prisma)
})
afterAll(async () => {
  for (const project of Object.values(projects)) await project[Symbol.asyncDispose]()
})

/** The server of one case, with a database of its own. */
async function world({ library, node, zone, pooler, poolSize = 10 }: (typeof cases)[number]) {
  const { folder, node22 } = projects[library === 'Prisma 6' ? 6 : 7]
  await using starting = new AsyncDisposableStack()
  const database = starting.use(await t3Database(folder))
  if (zone !== undefined) await database.useTimeZone(zone)
  const { url } = pooler ? starting.use(await pgbouncerServer(database.url, pooler)) : database
  const server = starting.use(
    await foreignServer({
      cwd: folder,
      args: (port) => ['server.mjs', libraries[library], `${port}`],
      env: { DATABASE_URL: url, POOL_SIZE: `${poolSize}` },
      node: node === 22 ? node22 : undefined,
      readyPath: '/api/trpc/post.getLatest',
    }),
  )
  const started = starting.move()
  return { folder, database, server, [Symbol.asyncDispose]: () => started.disposeAsync() }
}

test.for(cases)('a post whose answer is lost twice is made once: $title', async (each) => {
  await using it = await world(each)
  await using proxy = await httpProxy({ targets: [it.server.url] })
  proxy.next('post', 'cut_after')
  proxy.next('post', 'cut_midway')
  await send(it.folder, proxy.url, [{ name: 'milk', clicks: 1 }])
  expect(proxy.requests()).toBe(3)
  await send(it.folder, proxy.url, [{ name: 'tea', clicks: 2 }])
  expect(await it.database.names()).toEqual(['milk', 'tea'])
})

test.for(cases)(
  'each post sent while the server is killed is created once: $title',
  async (each) => {
    await using it = await world(each)
    await expectEachOnce(it)
  },
)

test('CommonJS code requires every entry point on Node 22', async () => {
  const { folder, node22 } = projects[7]
  const script = `for (const name of ${JSON.stringify(await entryPoints(folder))}) require(name)
    console.log(process.version)`
  expect(await runTool(node22, ['-e', script], { cwd: folder })).toMatch(/^v22\./)
})

async function entryPoints(folder: string): Promise<string[]> {
  const manifests = published.map(async (name) => {
    const file = join(folder, 'node_modules/@idem', name, 'package.json')
    const { exports } = JSON.parse(await readFile(file, 'utf8'))
    return Object.keys(exports).map((path) => join('@idem', name, path))
  })
  return (await Promise.all(manifests)).flat()
}
