import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root, workspaceFolders } from '../workspace.mjs'

// The runtime dependencies that each package may have. The tags in turbo.json say it too, but a
// tag must also allow transitive dependencies; this table lists direct ones only.
const mayNeed: Record<string, string[]> = {
  '@idem/check': [],
  '@idem/contract': [],
  '@idem/database': ['@idem/idempotency'],
  '@idem/embedded-postgres': [],
  '@idem/idempotency': [],
  '@idem/outbox': [],
  '@idem/todos': ['@idem/contract', '@idem/database'],
  '@idem/accounts': ['@idem/contract', '@idem/database'],
  '@idem/operations': ['@idem/contract', '@idem/database', '@idem/idempotency', '@idem/todos'],
  '@idem/api': ['@idem/contract', '@idem/idempotency', '@idem/operations'],
  '@idem/client': ['@idem/contract'],
  '@idem/web': ['@idem/client', '@idem/contract', '@idem/outbox'],
  '@idem/server': [
    '@idem/accounts',
    '@idem/api',
    '@idem/contract',
    '@idem/database',
    '@idem/embedded-postgres',
    '@idem/idempotency',
    '@idem/operations',
  ],
}

// Other projects install these packages, so their dependencies are limited.
const externalDependencies: Record<string, string[]> = {
  '@idem/check': [],
  '@idem/idempotency': ['canonicalize'],
  '@idem/outbox': [],
}

const manifests = manifestsOf(workspaceFolders().filter((folder) => !folder.startsWith('proofs/')))

test.each(manifests)('$name depends only on packages below it', ({ name, dependencies = {} }) => {
  const packages = Object.keys(dependencies).filter((dependency) => dependency.startsWith('@idem/'))
  expect(mayNeed[name]).toEqual(expect.arrayContaining(packages))
})

test.each(Object.entries(externalDependencies))('%s installs only %s', (name, wanted) => {
  const { dependencies = {} } = manifests.find((manifest) => manifest.name === name)
  expect(Object.keys(dependencies)).toEqual(wanted)
})

// pnpm would give every package that depends on a released one a new version as well. It also writes
// the version of what a released one is tested with into the tarball.
test('only the packages that other projects install, and their test support, have a version', () => {
  const released = manifestsOf(workspaceFolders()).filter(({ version }) => version !== undefined)
  expect(released.map(({ name }) => name)).toEqual([
    ...Object.keys(externalDependencies),
    '@idem/test-support',
  ])
})

test.each(manifests)(
  '$name exports a list of files, without a wildcard',
  ({ name, exports = {} }) => {
    // A published package is imported by its name, and its index lists its exports.
    expect(Object.keys(exports).includes('.')).toBe(name in externalDependencies)
    for (const path of Object.keys(exports)) expect(path).not.toContain('*')
  },
)

// Without a tag a package may import, and be imported by, any other.
test.each(workspaceFolders())('%s has one tag, and turbo.json has a rule for it', (folder) => {
  const { tags } = read(`${folder}/turbo.json`)
  expect(tags).toHaveLength(1)
  expect(Object.keys(read('turbo.json').boundaries.tags)).toContain(tags[0])
})

function manifestsOf(folders: readonly string[]) {
  return folders.map((folder) => read(`${folder}/package.json`))
}

function read(path: string) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'))
}
