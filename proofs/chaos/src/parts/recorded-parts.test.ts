import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { expect, test } from 'vitest'
import { examplePart } from './example-part.ts'
import { recordedParts, sourcesOf } from './recorded-parts.ts'

test('a run of the same sources and seed takes over the finished parts, and no other run does', async () => {
  await using folder = await temporaryFolder()
  const run = { folder: folder.path, seed: 7, sources: 'a commit' }
  recordedParts(run).keep(examplePart())

  const again = recordedParts(run)
  expect(again.take(1)).toEqual(examplePart())
  expect(again.take(2)).toBeUndefined()
  expect(again.all()).toEqual([examplePart()])
  for (const other of [{ seed: 8 }, { sources: 'another' }]) {
    expect(recordedParts({ ...run, ...other }).take(1)).toBeUndefined()
  }
})

test('the picture shows the parts that were taken over and the new one', async () => {
  await using folder = await temporaryFolder()
  const run = { folder: folder.path, seed: 7, sources: 'a commit' }
  recordedParts(run).keep(examplePart({ part: 2 }))
  const again = recordedParts(run)
  again.take(2)
  again.keep(examplePart())
  expect(readFileSync(again.picture, 'utf8')).toContain('4,000 attempts in 2 parts')
})

test('the sources of a run are its commit and its changes, without the documentation', async () => {
  await using folder = await temporaryFolder()
  const write = (name: string, text: string) => writeFileSync(join(folder.path, name), text)
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], {
      cwd: folder.path,
      encoding: 'utf8',
    }).trim()
  mkdirSync(join(folder.path, 'docs'))
  write('code.ts', 'one')
  write('docs/proofs.md', 'none')
  git('init', '--quiet')
  git('add', '.')
  git('commit', '--quiet', '-m', 'code')
  const commit = git('rev-parse', 'HEAD')
  expect(sourcesOf(folder.path)).toBe(commit)

  write('docs/proofs.md', 'figures')
  expect(sourcesOf(folder.path)).toBe(commit)
  git('commit', '--quiet', '-a', '-m', 'docs')
  expect(sourcesOf(folder.path)).toBe(commit)

  write('code.ts', 'two')
  const changed = sourcesOf(folder.path)
  expect(changed).toContain(`${commit} with changes`)
  write('code.ts', 'three')
  expect(sourcesOf(folder.path)).not.toBe(changed)
})
