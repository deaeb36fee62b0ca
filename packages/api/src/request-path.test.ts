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
  const fromRouterToSql = batched.filter((file) => !file.includes('/http/'))
  expect(fromRouterToSql.length).toBeLessThanOrEqual(10)
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

/** The modules of packages that execute a function during the work, without the helpers. */
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
    .filter((file) => file.startsWith('packages/') && !isHelper(file))
}

/** The files that the README draws between the API and the database. */
function drawnFiles(): string[] {
  const readme = readFileSync(fileURLToPath(new URL('README.md', root)), 'utf8')
  const drawing = /apps\/server +src[\s\S]+?PostgreSQL/.exec(readme)?.[0] ?? ''
  let folder = ''
  const files = [...drawing.matchAll(/│ +(packages\/\w+)? +(src\/\S+\.ts)/g)].map(
    ([, drawn = folder, file]) => {
      folder = drawn
      return `${folder}/${file}`
    },
  )
  return files.sort()
}

function isHelper(file: string): boolean {
  return helpers.some(
    (helper) => file === helper || (helper.endsWith('/') && file.startsWith(helper)),
  )
}

/** Modules that the drawing omits for brevity. */
const helpers = [
  'packages/api/src/http/context.ts',
  'packages/api/src/http/headers.ts',
  'packages/api/src/http/key-header.ts',
  'packages/api/src/http/parse-input.ts',
  'packages/api/src/http/read-json.ts',
  'packages/api/src/http/refusal-of.ts',
  'packages/api/src/http/refusal-status.ts',
  'packages/api/src/http/request-class.ts',
  'packages/api/src/http/request-signal.ts',
  'packages/api/src/http/with-deadline.ts',
  'packages/api/src/request-path.test.ts',
  'packages/api/src/test-world.ts',
  'packages/api/src/trpc/call-procedure.ts',
  'packages/api/src/trpc/error-shape.ts',
  'packages/api/src/trpc/open-stream.ts',
  'packages/api/src/trpc/read-calls.ts',
  'packages/api/src/trpc/trpc-error.ts',
  'packages/api/src/trpc/write-answer.ts',
  'packages/contract/',
  'packages/database/src/generated/',
  'packages/idempotency/src/answer.ts',
  'packages/idempotency/src/batch/waiting-members.ts',
  'packages/idempotency/src/batch.ts',
  'packages/idempotency/src/batch/batch-statement.ts',
  'packages/idempotency/src/intent.ts',
  'packages/idempotency/src/pg/errors/',
  'packages/idempotency/src/pg/pool/',
  'packages/idempotency/src/pg/transaction/send-together.ts',
  'packages/idempotency/src/pg/transaction/watch-transaction.ts',
  'packages/idempotency/src/records/claim.ts',
  'packages/idempotency/src/run/failure-kind.ts',
  'packages/idempotency/src/causes-of.ts',
  'packages/idempotency/src/idempotency-error.ts',
  'packages/idempotency/src/index.ts',
  'packages/idempotency/src/json.ts',
  'packages/idempotency/src/pg.ts',
  'packages/idempotency/src/prisma/call-chain.ts',
  'packages/idempotency/src/prisma/current-effect.ts',
  'packages/idempotency/src/prisma/effect-transaction.ts',
  'packages/idempotency/src/prisma/gate.ts',
  'packages/idempotency/src/prisma/intercepted.ts',
  'packages/idempotency/src/prisma/savepoints.ts',
  'packages/idempotency/src/prisma/query-in.ts',
  'packages/idempotency/src/records/key-policy.ts',
  'packages/idempotency/src/records/records.ts',
  'packages/idempotency/src/reporting/report-attempts.ts',
  'packages/idempotency/src/run/retry-transaction.ts',
  'packages/idempotency/src/run/run-alone.ts',
  'packages/idempotency/src/stored-error.ts',
  'packages/operations/src/answers/',
  'packages/operations/src/create-operations.ts',
  'packages/operations/src/intents/',
  'packages/operations/src/limits/',
  'packages/todos/src/mint-id.ts',
  'packages/todos/src/refusals.ts',
  'packages/todos/src/todo-row.ts',
]
