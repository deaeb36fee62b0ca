import { afterAll, describe, expect, test } from 'vitest'
import { temporaryWorkspace } from './temporary-workspace.ts'

// Breaks each rule of the workspace once, in a copy, to see that a tool reports it.
const workspace = temporaryWorkspace()
afterAll(() => workspace[Symbol.dispose]())

/** Writes the files, runs the tool and removes the files again. */
function findings(files: Files, tool: () => { code: number | null; output: string }) {
  for (const [path, text] of Object.entries(files)) workspace.write(path, text)
  const { code, output } = tool()
  for (const path of Object.keys(files)) workspace.remove(path)
  return code === 0 ? 'nothing' : output
}

type Files = Record<string, string>

/** The smallest union with the fault that a switch can have. */
const switching = `export function a(kind: 'one' | 'two') {
  switch (kind) {
    case 'one': return 1
    default: return 2
  }
}
`

const lint = () => workspace.run('biome', 'lint', '--colors=off', '--max-diagnostics=100')
const borders = () => workspace.run('turbo', 'boundaries')

test('a workspace that follows the rules passes', () => {
  const files = {
    'packages/contract/src/todo.ts': "import { z } from 'zod'\nexport const Todo = z.string()\n",
    'packages/todos/src/make.ts':
      "import { Todo } from '@idem/contract/todo'\nexport const make = () => Todo.parse('milk')\n",
    'packages/todos/src/make.test.ts':
      "import { expect, test } from 'vitest'\nimport { make } from './make.ts'\ntest('made', () => expect(make()).toBe('milk'))\n",
    'packages/client/src/client.ts':
      "import type { TodoRouter } from '@idem/api/todo-router'\nexport type Client = TodoRouter\n",
  }
  expect(findings(files, lint)).toBe('nothing')
  expect(findings(files, borders)).toBe('nothing')
})

describe('turbo boundaries', () => {
  test.each([
    ['packages/contract', '@idem/outbox'],
    ['packages/database', '@idem/todos'],
    ['packages/embedded-postgres', '@idem/contract'],
    ['proofs/test-support', '@idem/contract'],
    ['packages/outbox', '@idem/contract'],
    ['packages/idempotency', '@idem/contract'],
    ['packages/todos', '@idem/operations'],
    ['packages/idempotency', '@idem/database'],
    ['packages/operations', '@idem/outbox'],
    ['packages/api', '@idem/client'],
    ['apps/web', '@idem/server'],
    ['apps/server', '@idem/web'],
  ])('%s may not depend on %s', (folder, dependency) => {
    const undo = workspace.declare(folder, dependency)
    const { code, output } = borders()
    undo()
    // By name, because packages above that one report the same dependency.
    const name = `@idem/${folder.split('/')[1]}`
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringMatching(
        new RegExp(`without any tag listed in allowlist for[\\s|]+\`${name}\``),
      ),
    })
  })

  test('an undeclared import is reported', () => {
    const file = {
      'packages/todos/src/a.ts': "export type { Idempotency } from '@idem/idempotency'\n",
    }
    expect(findings(file, borders)).toContain('@idem/idempotency')
  })

  test('a relative import that leaves the package is reported', () => {
    const files = {
      'packages/api/src/b.ts': 'export const b = 1\n',
      'packages/todos/src/a.ts': "import { b } from '../../api/src/b.ts'\nexport const a = b\n",
    }
    expect(findings(files, borders)).toContain('../../api/src/b.ts')
  })
})

/** Each is made once, all of them in one run of Biome. */
const faults: readonly (readonly [fault: string, rule: string, files: Files])[] = [
  ['a circle of files', 'noImportCycles', circle('import')],
  ['a circle of types', 'noImportCycles', circle('import type')],
  ['a barrel', 'noBarrelFile', inTodos("export { b } from './b.ts'")],
  ['a barrel of everything', 'noReExportAll', inTodos("export * from './b.ts'")],
  ['a default export', 'noDefaultExport', inTodos('export default function a() {}')],
  ['a default branch', 'a default branch', inTodos(switching)],
  ['a forgotten case', 'useExhaustiveSwitchCases', inTodos(switching.replace(/default.*/, ''))],
  ['a floating promise', 'noFloatingPromises', inTodos('Promise.resolve(1)')],
  ['a stray console.log', 'noConsole', inTodos("console.log('here')")],
  [
    'SQL as plain text',
    'SQL as plain text',
    inTodos('export const a = (tx) => tx.$queryRawUnsafe'),
  ],
  [
    'SQL as plain text, hidden',
    'SQL as plain text',
    inTodos('export const a = ({ $executeRawUnsafe: b }) => b'),
  ],
  [
    'a skipped test',
    'noSkippedTests',
    { 'packages/todos/src/a.test.ts': "test.skip('later', () => {})" },
  ],
  [
    'a focused test',
    'noFocusedTests',
    { 'packages/todos/src/a.test.ts': "test.only('me', () => {})" },
  ],
  ['an undeclared dependency', 'noUndeclaredDependencies', importing('packages/todos', 'left-pad')],
  [
    'a devDependency outside of tests',
    'noUndeclaredDependencies',
    importing('packages/idempotency', 'fast-check'),
  ],
  ['tRPC in the domain', 'noUndeclaredDependencies', importing('packages/todos', '@trpc/server')],
  [
    'todos in the server',
    'noUndeclaredDependencies',
    importing('apps/server', '@idem/todos/create-todo'),
  ],
  [
    'the database in the page',
    'noUndeclaredDependencies',
    importing('apps/web', '@idem/database/pool'),
  ],
  [
    'test support outside of tests',
    'noUndeclaredDependencies',
    importing('packages/database', '@idem/test-support/scratch-database'),
  ],
  [
    'the running API in the client',
    'noUndeclaredDependencies',
    importing('packages/client', '@idem/api/todo-router'),
  ],
  [
    'a database library in the once-only package',
    'noRestrictedImports',
    importing('packages/idempotency', 'pg'),
  ],
  [
    'our database in the once-only package',
    'noRestrictedImports',
    importing('packages/idempotency', '@idem/database/pool'),
  ],
  [
    'an entry point in the once-only core',
    'noRestrictedImports',
    importing('packages/idempotency', './pg/code-of.ts'),
  ],
  [
    'Drizzle in the core of idempotency',
    'noRestrictedImports',
    importing('packages/idempotency', 'drizzle-orm'),
  ],
  [
    'Drizzle in the tRPC middleware',
    'noRestrictedImports',
    { 'packages/idempotency/src/trpc/a.ts': "export type { SQL } from 'drizzle-orm'\n" },
  ],
  [
    'tRPC in the adapter of Drizzle',
    'noRestrictedImports',
    {
      'packages/idempotency/src/drizzle/a.ts': "export type { TRPCError } from '@trpc/server'\n",
    },
  ],
  [
    'a framework in what its integrations share',
    'noRestrictedImports',
    { 'packages/idempotency/src/http/a.ts': "export type { Context } from 'hono'\n" },
  ],
  [
    'Drizzle in the middleware of Express',
    'noRestrictedImports',
    { 'packages/idempotency/src/express/a.ts': "export type { SQL } from 'drizzle-orm'\n" },
  ],
  [
    'our database in an entry point of the once-only package',
    'noRestrictedImports',
    {
      'packages/idempotency/src/pg/a.ts':
        "import * as it from '@idem/database/pool'\nexport const a = it\n",
    },
  ],
  ['tRPC in an operation', 'noRestrictedImports', importing('packages/operations', '@trpc/server')],
  ['HTTP in an operation', 'noRestrictedImports', importing('packages/operations', 'node:http')],
  ['the database in an API', 'noUndeclaredDependencies', inApi('rest', '@idem/database/pool')],
  ['tRPC in the REST API', 'noRestrictedImports', inApi('rest', '../trpc/b.ts')],
  ['tRPC in an endpoint', 'noRestrictedImports', inApi('rest/endpoints', '../../trpc/b.ts')],
  ["tRPC's package in the REST API", 'noRestrictedImports', inApi('rest', '@trpc/server')],
  ['REST in the tRPC API', 'noRestrictedImports', inApi('trpc', '../rest/b.ts')],
  ['Hono in the tRPC API', 'noRestrictedImports', inApi('trpc', 'hono')],
  ['tRPC in what both APIs share', 'noRestrictedImports', inApi('http', '../trpc/b.ts')],
  ['REST in what both APIs share', 'noRestrictedImports', inApi('http', '../rest/b.ts')],
  ['React in the outbox', 'noRestrictedImports', importing('packages/outbox', 'react')],
  ['tRPC in the outbox', 'noRestrictedImports', importing('packages/outbox', '@trpc/client')],
  [
    'an entry point in the outbox',
    'noRestrictedImports',
    importing('packages/outbox', './trpc/idempotency-link.ts'),
  ],
  [
    'React in the tRPC link',
    'noRestrictedImports',
    importingIn('packages/outbox/src/trpc', 'react'),
  ],
  [
    'tRPC in the hooks',
    'noRestrictedImports',
    importingIn('packages/outbox/src/react', '@trpc/client'),
  ],
  ['Node in the outbox', 'noNodejsModules', importing('packages/outbox', 'node:fs/promises')],
  ['Node in the page', 'noNodejsModules', importing('apps/web', 'node:crypto')],
]

test.for(faults.map(([fault, rule], at) => ({ fault, rule, at })))(
  '$fault is reported',
  ({ rule, at }) => {
    const own = reported().filter((line) => new RegExp(`/[ab]-${at}\\.`).test(line))
    expect(own.join('\n')).toContain(rule)
  },
)

let found: string[] | undefined

/** What Biome reports, a line for each fault of a file. */
function reported(): string[] {
  found ??= findings(
    Object.assign({}, ...faults.map(([, , files], at) => numbered(files, at))),
    () => workspace.run('biome', 'lint', '--reporter=github', '--max-diagnostics=none'),
  ).split('\n')
  return found
}

/** The files `a` and `b` of a fault with its number in their names. */
function numbered(files: Files, at: number): Files {
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [
      path.replace(/\/([ab])\./, `/$1-${at}.`),
      text.replaceAll(/'\.\/([ab])\.ts'/g, `'./$1-${at}.ts'`),
    ]),
  )
}

function inTodos(text: string): Files {
  return { 'packages/todos/src/a.ts': text, 'packages/todos/src/b.ts': 'export const b = 1\n' }
}

function importing(folder: string, specifier: string): Files {
  return importingIn(`${folder}/src`, specifier)
}

function inApi(folder: string, specifier: string): Files {
  return importingIn(`packages/api/src/${folder}`, specifier)
}

function importingIn(folder: string, specifier: string): Files {
  return { [`${folder}/a.ts`]: `import * as it from '${specifier}'\nexport const a = it\n` }
}

function circle(importing: string): Files {
  return {
    'packages/todos/src/a.ts': `${importing} { B } from './b.ts'\nexport class A { b?: B }\n`,
    'packages/todos/src/b.ts': `${importing} { A } from './a.ts'\nexport class B { a?: A }\n`,
  }
}
