import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { chosenMutant } from './chosen-mutant.ts'
import { killingTest } from './killing-test.ts'
import type { Mutant } from './mutant.ts'
import { mutants } from './mutants.ts'
import { mutantPlugin } from './vite-plugin.ts'

test('without a name no mutant is chosen', () => {
  expect(chosenMutant(undefined)).toBeUndefined()
  expect(chosenMutant('')).toBeUndefined()
  vi.stubEnv('IDEM_MUTANT', undefined)
  expect(mutantPlugin()).toEqual([])
  vi.unstubAllEnvs()
})

test('an unknown name is an error that lists the mutants', () => {
  expect(() => chosenMutant('no-such')).toThrow(/no mutant "no-such"; .*\n {2}look-then-insert\n/)
})

test('a mutant that does not match its file is an error before anything runs', () => {
  const stale: Mutant = {
    name: 'stale',
    fault: 'It breaks nothing.',
    file: 'package.json',
    changes: [{ from: 'was here once', to: '' }],
    killedBy: killingTest('packages/todos/src/a.test.ts', 'a test'),
  }
  expect(() => chosenMutant('stale', [stale])).toThrow('The mutant "stale" needs its text')
})

test('every mutant matches its file and changes it', () => {
  for (const { name } of mutants) {
    const chosen = chosenMutant(name)
    const source = readFileSync(String(chosen?.path), 'utf8')
    expect(chosen?.mutate(source)).not.toBe(source)
  }
})

test('every mutant has a unique name', () => {
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
})
