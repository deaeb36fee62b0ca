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

/** The folder of each package, and a package that it may not use. */
const notBelow: Record<string, readonly [folder: string, dependency: string]> = {
  contract: ['packages', '@idem/outbox'],
  database: ['packages', '@idem/todos'],
  'embedded-postgres': ['packages', '@idem/contract'],
  'test-support': ['proofs', '@idem/contract'],
  outbox: ['packages', '@idem/contract'],
  check: ['packages', '@idem/contract'],
  todos: ['packages', '@idem/operations'],
  idempotency: ['packages', '@idem/database'],
  operations: ['packages', '@idem/outbox'],
  api: ['packages', '@idem/client'],
  web: ['apps', '@idem/server'],
  server: ['apps', '@idem/outbox'],
}

describe('turbo boundaries', () => {
  test('a dependency on a package that is not below is reported for each package', () => {
    const undo = Object.entries(notBelow).map(([name, [folder, dependency]]) => {
      return workspace.declare(`${folder}/${name}`, dependency)
    })
    const { code, output } = borders()
    for (const each of undo) each()
    expect(code).toBe(1)
    const reported = output
      .replaceAll(/[\s|]+/g, ' ')
      .matchAll(/`(\S+)` found without any tag listed in allowlist for `@idem\/(\S+)`/g)
    expect([...reported].map(([, dependency, name]) => `${name} → ${dependency}`)).toEqual(
      expect.arrayContaining(Object.entries(notBelow).map(([name, [, to]]) => `${name} → ${to}`)),
    )
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

/** The folder of a file, what it imports, and the rule that forbids it. */
const forbidden = `
packages/todos/src              left-pad                               noUndeclaredDependencies
packages/todos/src              @trpc/server                           noUndeclaredDependencies
packages/client/src             @idem/api/todo-router                  noUndeclaredDependencies
packages/database/src           @idem/test-support/scratch-database    noUndeclaredDependencies
packages/idempotency/src        fast-check                             noUndeclaredDependencies
packages/idempotency/src        pg                                     noRestrictedImports
packages/idempotency/src        drizzle-orm                            noRestrictedImports
packages/idempotency/src        @idem/database/pool                    noRestrictedImports
packages/idempotency/src        ./pg/code-of.ts                        noRestrictedImports
packages/idempotency/src        ./entries/pg.ts                        noRestrictedImports
packages/idempotency/src/pg     @idem/database/pool                    noRestrictedImports
packages/idempotency/src/trpc   drizzle-orm                            noRestrictedImports
packages/idempotency/src/http   hono                                   noRestrictedImports
packages/idempotency/src/drizzle  @trpc/server                         noRestrictedImports
packages/idempotency/src/express  drizzle-orm                          noRestrictedImports
packages/operations/src         @trpc/server                           noRestrictedImports
packages/operations/src         node:http                              noRestrictedImports
packages/api/src/rest           @idem/database/pool                    noUndeclaredDependencies
packages/api/src/rest           ../trpc/b.ts                           noRestrictedImports
packages/api/src/rest           @trpc/server                           noRestrictedImports
packages/api/src/rest/endpoints ../../trpc/b.ts                        noRestrictedImports
packages/api/src/trpc           ../rest/b.ts                           noRestrictedImports
packages/api/src/trpc           hono                                   noRestrictedImports
packages/api/src/http           ../trpc/b.ts                           noRestrictedImports
packages/api/src/http           ../rest/b.ts                           noRestrictedImports
packages/outbox/src             react                                  noRestrictedImports
packages/outbox/src             @trpc/client                           noRestrictedImports
packages/outbox/src             ./trpc/idempotency-link.ts             noRestrictedImports
packages/outbox/src             node:fs/promises                       noNodejsModules
packages/outbox/src/trpc        react                                  noRestrictedImports
packages/outbox/src/react       @trpc/client                           noRestrictedImports
apps/server/src                 @idem/todos/create-todo                noUndeclaredDependencies
apps/web/src                    @idem/database/pool                    noUndeclaredDependencies
apps/web/src                    node:crypto                            noNodejsModules
apps/web/src                    next/link                              noRestrictedImports`
  .trim()
  .split('\n')
  .map((line) => {
    const [folder = '', specifier = '', rule = ''] = line.split(/ +/)
    return [`${specifier} in ${folder}`, rule, importing(folder, specifier)] as const
  })

/** Each is made once, all of them in one run of Biome. */
const faults: readonly (readonly [fault: string, rule: string, files: Files])[] = [
  ...forbidden,
  ['a circle of files', 'noImportCycles', circle('import')],
  ['a circle of types', 'noImportCycles', circle('import type')],
  ['a barrel', 'noBarrelFile', inTodos("export { b } from './b.ts'")],
  ['a barrel of everything', 'noReExportAll', inTodos("export * from './b.ts'")],
  ['a default branch', 'a default branch', inTodos(switching)],
  ['a forgotten case', 'useExhaustiveSwitchCases', inTodos(switching.replace(/default.*/, ''))],
  ['a floating promise', 'noFloatingPromises', inTodos('Promise.resolve(1)')],
  ['SQL as text', 'SQL as plain text', inTodos('export const a = (tx) => tx.$queryRawUnsafe')],
  [
    'SQL as text, hidden',
    'SQL as plain text',
    inTodos('export const a = ({ $executeRawUnsafe: b }) => b'),
  ],
  [
    'an absolute path in the page',
    'the address is that of another service',
    { 'apps/web/src/a.ts': "export const a = () => fetch('/api/auth/session')" },
  ],
  [
    'the root of the host in the page',
    'the address is that of another service',
    { 'apps/web/src/a.ts': "export const a = () => location.replace('/')" },
  ],
  [
    'a skipped test',
    'noSkippedTests',
    { 'packages/todos/src/a.test.ts': "test.skip('later', () => {})" },
  ],
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
  return { [`${folder}/a.ts`]: `import * as it from '${specifier}'\nexport const a = it\n` }
}

function circle(importing: string): Files {
  return {
    'packages/todos/src/a.ts': `${importing} { B } from './b.ts'\nexport class A { b?: B }\n`,
    'packages/todos/src/b.ts': `${importing} { A } from './a.ts'\nexport class B { a?: A }\n`,
  }
}
