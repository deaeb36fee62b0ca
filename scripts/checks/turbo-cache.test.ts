import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { workspaceFolders } from '../workspace.mjs'
import { temporaryWorkspace } from './temporary-workspace.ts'

// turbo trusts a cached success without running anything, so a change must reach the
// cache key of every task whose result it can change. A dry run prints the keys.
const workspace = temporaryWorkspace()
afterAll(() => workspace[Symbol.dispose]())
afterEach(() => vi.unstubAllEnvs())

const asItWas = '// as it was\n'
for (const folder of workspaceFolders()) {
  for (const file of ['a.ts', 'a.test.ts']) workspace.write(`${folder}/src/${file}`, asItWas)
}
for (const path of [
  'prisma/schema.prisma',
  'prisma.config.ts',
  'scripts/test-database.ts',
  'scripts/workspace.mjs',
]) {
  workspace.write(path, asItWas)
}

type Task = { taskId: string; hash: string; resolvedTaskDefinition: { cache: boolean } }

function plan(task: string): Task[] {
  return JSON.parse(workspace.run('turbo', 'run', task, '--dry=json').stdout).tasks
}

function keys(task: string): Map<string, string> {
  return new Map(plan(task).map(({ taskId, hash }) => [taskId, hash]))
}

/** The packages whose task runs again after the file changed. */
function touchedBy(path: string, task: string): string[] {
  const before = keys(task)
  workspace.write(path, '// changed\n')
  const after = keys(task)
  workspace.write(path, asItWas)
  return [...after]
    .filter(([id, hash]) => id.endsWith(`#${task}`) && before.get(id) !== hash)
    .map(([id]) => id.replace(`#${task}`, ''))
}

test.each(['test', 'typecheck'])(
  'a change in todos runs %s again wherever todos are used',
  (task) => {
    const touched = touchedBy('packages/todos/src/a.ts', task)
    expect(touched).toEqual(
      expect.arrayContaining([
        '@idem/todos',
        '@idem/operations',
        '@idem/api',
        '@idem/server',
        '@idem/client',
        '@idem/web',
      ]),
    )
    expect(touched).not.toContain('@idem/contract')
    expect(touched).not.toContain('@idem/outbox')
  },
)

test('a change in the outbox builds the page again', () => {
  expect(touchedBy('packages/outbox/src/a.ts', 'build')).toContain('@idem/web')
})

test('a changed test runs again alone, and does not build the page again', () => {
  expect(touchedBy('packages/outbox/src/a.test.ts', 'test')).toEqual(['@idem/outbox'])
  expect(touchedBy('packages/outbox/src/a.test.ts', 'build')).toEqual([])
  expect(touchedBy('apps/web/src/a.test.ts', 'build')).toEqual([])
})

test('a change of the schema generates the client again', () => {
  expect(touchedBy('prisma/schema.prisma', 'generate')).toEqual(['@idem/database'])
})

// turbo itself knows only NEXT_PUBLIC_ variables.
test('a changed NEXT_ variable builds the page again', () => {
  const before = keys('build').get('@idem/web#build')
  vi.stubEnv('NEXT_BASE', 'another')
  expect(keys('build').get('@idem/web#build')).not.toBe(before)
})

test('a start by another command of the repository does not build the page again', () => {
  vi.stubEnv('NEXT_TELEMETRY_DISABLED', undefined)
  const byPerson = keys('build').get('@idem/web#build')
  vi.stubEnv('NEXT_TELEMETRY_DISABLED', '1')
  expect(keys('build').get('@idem/web#build')).toBe(byPerson)
})

test.each(['prisma/schema.prisma', 'scripts/test-database.ts'])(
  'a change in %s runs all tests again',
  (path) => {
    const all = [...keys('test').keys()].filter((id) => id.endsWith('#test'))
    expect(touchedBy(path, 'test')).toHaveLength(all.length)
  },
)

// They start the server and open the page by path, a dependency that turbo does not see.
test('the proofs run every time', () => {
  const proofs = workspaceFolders().filter((folder) => folder.startsWith('proofs/'))
  const everyTime = plan('test').filter((task) => task.resolvedTaskDefinition.cache === false)
  expect(everyTime.map((task) => task.taskId)).toEqual(
    expect.arrayContaining(proofs.map((folder) => `${folder.replace('proofs/', '@idem/')}#test`)),
  )
})
