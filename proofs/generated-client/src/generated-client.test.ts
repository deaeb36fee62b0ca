import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import openapiTS, { astToString } from 'openapi-typescript'
import { expect, test, vi } from 'vitest'

const run = promisify(execFile)
const packageDir = join(import.meta.dirname, '..')
const flow = join(packageDir, 'flow')

type Recorded = { readonly status: number; readonly replayed: string | null; readonly text: string }

vi.setConfig({ testTimeout: 120_000 })

test('a client generated from the OpenAPI document works, and its types match', async () => {
  await using database = await scratchDatabase()
  await using server = await startServer({ database })

  await generateTypes(`${server.url}/openapi.json`)
  const { stdout: complaints } = await run(compiler, ['-p', flow]).catch((error) => error)
  expect(complaints).toBe('')

  const { stdout } = await run(process.execPath, [join(flow, 'flow.ts'), server.url])
  const responses: Record<string, Recorded> = JSON.parse(stdout)
  const idOf = (name: string) => JSON.parse(responses[name]?.text ?? '').id
  expect(Object.entries(responses).map(([name, { status }]) => [name, status])).toEqual([
    ['first', 201],
    ['again', 201],
    ['another key', 201],
    ['without a key', 201],
    ['read', 200],
    ['changed', 200],
    ['changed from a version it has no more', 412],
    ['deleted', 204],
    ['deleted again', 204],
    ['read when gone', 404],
    ['deleted a missing todo', 204],
    ['deleted a missing todo again', 204],
    ['list', 200],
    ['outcome', 200],
  ])
  expect(responses.again).toEqual({ ...responses.first, replayed: 'true' })
  const replayed = Object.entries(responses).filter(([, answer]) => answer.replayed !== null)
  expect(replayed.map(([name]) => name)).toEqual(['again'])
  const ids = ['first', 'another key', 'without a key'].map(idOf)
  expect(new Set(ids).size).toBe(3)
  const { todos } = JSON.parse(responses.list?.text ?? '')
  expect(todos.map(({ id }: { id: string }) => id).sort()).toEqual(ids.slice(1).sort())
  expect(JSON.parse(responses.outcome?.text ?? '')).toMatchObject({
    state: 'answered',
    operation: 'createTodo',
    answer: JSON.parse(responses.first?.text ?? ''),
  })
})

/** The TypeScript of this repository: the types must compile with the newest version, not only with the generator's. */
const compiler = join(packageDir, '..', '..', 'node_modules', '.bin', 'tsc')

async function generateTypes(document: string): Promise<void> {
  await mkdir(join(flow, 'generated'), { recursive: true })
  const types = astToString(await openapiTS(new URL(document)))
  await writeFile(join(flow, 'generated', 'openapi.ts'), types)
}
