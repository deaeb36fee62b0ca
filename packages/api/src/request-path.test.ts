import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createWorld, type World } from './test-world.ts'

const root = new URL('../../../', import.meta.url)

test('the drawing of the request path in the README matches the modules that a create executes', async () => {
  await using world = await createWorld()
  // Work done once per process is not part of a request.
  for (const make of [create, createAlone, createAlone]) await make(world)
  const batched = await executedBy(() => create(world))
  const alone = await executedBy(() => createAlone(world))
  expect([...new Set([...batched, ...alone])].sort()).toEqual(drawnFiles())
  const fromRouterToSql = batched.filter((file) => !beforeTheRouter.includes(file))
  expect(fromRouterToSql.length).toBeLessThanOrEqual(20)
})

function create({ mutate }: World, idempotencyKey = v7()) {
  return mutate('createTodo', { idempotencyKey, title: 'Buy milk' })
}

/** A key that another transaction holds fails its batch, and the attempt waits for it alone. */
async function createAlone(world: World) {
  const key = v7()
  const held = await world.holdKey(key)
  const created = create(world, key)
  await pause(100)
  await held[Symbol.asyncDispose]()
  await created
}

/** The modules of packages that execute a function during the work. */
async function executedBy(work: () => Promise<unknown>): Promise<string[]> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  await work()
  const { result } = await session.post('Profiler.takePreciseCoverage')
  session.disconnect()
  return result
    .filter(({ functions }) =>
      functions.some(({ ranges }) => ranges.some(({ count }) => count > 0)),
    )
    .map(({ url }) => url.replace(root.href, ''))
    .filter((file) => /^packages\/(?!.*(test-|\.test\.))/.test(file) && !leftOut.includes(file))
}

/** The files that the README draws between the API and the database. */
function drawnFiles(): string[] {
  const readme = readFileSync(fileURLToPath(new URL('README.md', root)), 'utf8')
  const drawing = /apps\/server +src[\s\S]+?PostgreSQL/.exec(readme)?.[0] ?? ''
  let folder = ''
  const rows = drawing.matchAll(/│ +(packages\/\w+)? +(src\/\S+\.ts)/g)
  const files = [...rows].flatMap(([, drawn = folder, file = '']) => {
    folder = drawn
    const [, before = '', names = '', after = ''] = /^(.*)\{(.+)\}(.*)$/.exec(file) ?? []
    const all = names === '' ? [file] : names.split(',').map((name) => before + name + after)
    return all.map((each) => `${folder}/${each}`)
  })
  return files.sort()
}

/** Errors, types with their checks, and lists of exports. At most a dozen. */
const leftOut = [
  'packages/idempotency/src/answer.ts',
  'packages/idempotency/src/causes-of.ts',
  'packages/idempotency/src/idempotency-error.ts',
  'packages/idempotency/src/intent.ts',
  'packages/idempotency/src/pg/errors/code-of.ts',
  'packages/idempotency/src/pg/errors/prisma-states.ts',
  'packages/idempotency/src/pg/errors/sql-state-of.ts',
  'packages/idempotency/src/records/claim.ts',
  'packages/idempotency/src/run/failure-kind.ts',
  'packages/idempotency/src/entries/server.ts',
]

/** Read and admitted before tRPC's router is asked. */
const beforeTheRouter = [
  'packages/api/src/http/admission.ts',
  'packages/api/src/http/read-body.ts',
  'packages/api/src/http/request-class.ts',
  'packages/api/src/trpc/trpc-handler.ts',
  'packages/api/src/trpc/wire-format.ts',
]
