import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root, workspaceFolders } from './house.mjs'

// Which room may need which when it runs. Tags in turbo.json say it too, but there a
// package must also allow what it reaches through another; here only what it names.
const mayNeed: Record<string, string[]> = {
  '@idem/contract': [],
  '@idem/database': ['@idem/idempotency'],
  '@idem/embedded-postgres': [],
  '@idem/idempotency': [],
  '@idem/outbox': [],
  '@idem/todos': ['@idem/contract', '@idem/database'],
  '@idem/operations': ['@idem/contract', '@idem/database', '@idem/idempotency', '@idem/todos'],
  '@idem/api': ['@idem/contract', '@idem/operations'],
  '@idem/client': ['@idem/contract'],
  '@idem/web': ['@idem/client', '@idem/contract', '@idem/outbox'],
  '@idem/server': [
    '@idem/api',
    '@idem/contract',
    '@idem/database',
    '@idem/embedded-postgres',
    '@idem/idempotency',
    '@idem/operations',
  ],
}

// Others are to install these two, so each thing they bring along is counted.
const bringsAlong: Record<string, string[]> = {
  '@idem/idempotency': ['canonicalize'],
  '@idem/outbox': ['idb'],
}

const manifests = workspaceFolders()
  .filter((folder) => !folder.startsWith('proofs/'))
  .map((folder) => read(`${folder}/package.json`))

test.each(manifests)('$name needs only rooms below it', ({ name, dependencies }) => {
  const rooms = Object.keys(dependencies).filter((need) => need.startsWith('@idem/'))
  expect(mayNeed[name]).toEqual(expect.arrayContaining(rooms))
})

test.each(Object.entries(bringsAlong))('%s brings along only %s', (name, wanted) => {
  const { dependencies } = manifests.find((manifest) => manifest.name === name)
  expect(Object.keys(dependencies)).toEqual(wanted)
})

// A published package is imported by its name, and its index lists what that gives.
const withIndex = ['@idem/idempotency']

test.each(manifests)('$name shows what is listed, not all it has', ({ name, exports = {} }) => {
  expect(Object.keys(exports).includes('.')).toBe(withIndex.includes(name))
  for (const path of Object.keys(exports)) expect(path).not.toContain('*')
})

// Without a tag a package may import and be imported as it likes.
test.each(workspaceFolders())('%s has one tag, and turbo.json has a rule for it', (folder) => {
  const { tags } = read(`${folder}/turbo.json`)
  expect(tags).toHaveLength(1)
  expect(Object.keys(read('turbo.json').boundaries.tags)).toContain(tags[0])
})

function read(path: string) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'))
}
