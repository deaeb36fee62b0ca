import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { emptyDatabase } from '../empty-database.ts'
import { type PlainProject, plainProject } from './plain-project.ts'
import { printTimes } from './print-times.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 400_000 })
printTimes()

let project: PlainProject
beforeAll(async () => {
  project = await plainProject(7)
})
afterAll(() => project?.[Symbol.asyncDispose]())

/** A command that makes a database equal to the schema of the project, one that shows how it would, and what that says of an equal one. */
const tools = [
  { push: pushOfPrisma, plan: pushOfPrisma, nothing: 'already in sync', title: 'prisma db push' },
  {
    push: pushOfPrisma,
    plan: diffOfPrisma,
    nothing: 'This is an empty migration',
    title: 'prisma migrate diff',
  },
  {
    push: pushOfDrizzle,
    plan: pushOfDrizzle,
    nothing: 'No changes detected',
    title: 'drizzle-kit push',
  },
]

test.for(tools)('$title plans no change of the tables in the schema idem', async (tool) => {
  await using database = await emptyDatabase()
  await tool.push(database.url)
  await project.run('idem', ['migrate'], database.url)
  expect(await tool.plan(database.url)).toContain(tool.nothing)
  expect(await database.tables('idem')).toEqual(['idempotency_record', 'installation'])
})

test.for(tools)('$title would drop the same tables in the schema public', async (tool) => {
  await using database = await emptyDatabase()
  await tool.push(database.url)
  await project.run('idem', ['migrate', '--schema=public'], database.url)
  const plan = await tool.plan(database.url).catch((error: Error) => error.message)
  expect(plan).not.toContain(tool.nothing)
  expect(plan).toMatch(/idempotency_record|installation/)
})

function pushOfPrisma(url: string): Promise<string> {
  return project.run('prisma', ['db', 'push'], url)
}

function diffOfPrisma(url: string): Promise<string> {
  const args = ['--from-config-datasource', '--to-schema=schema.prisma', '--script']
  return project.run('prisma', ['migrate', 'diff', ...args], url)
}

function pushOfDrizzle(url: string): Promise<string> {
  const args = ['--dialect=postgresql', '--schema=posts.js', '--verbose', `--url=${url}`]
  return project.run('drizzle-kit', ['push', ...args])
}
