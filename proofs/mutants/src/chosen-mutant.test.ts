import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { chosenMutant } from './chosen-mutant.ts'
import type { Mutant } from './mutant.ts'
import { mutants } from './mutants.ts'

test('an unknown name is an error that lists the mutants', () => {
  expect(() => chosenMutant('no-such')).toThrow(/no mutant "no-such"; .*\n {2}look-then-insert\n/)
})

test.each(['was here once', 'idem'])(
  'a mutant of the text "%s" is an error before anything runs',
  (from) => {
    const [any] = mutants
    const stale: Mutant = { ...(any as Mutant), file: 'package.json', from, to: '' }
    expect(() => chosenMutant(stale.name, [stale])).toThrow('needs its text exactly once')
  },
)

test('every mutant matches its file, changes it, and has a unique name', () => {
  for (const { name } of mutants) {
    const chosen = chosenMutant(name)
    const source = readFileSync(String(chosen?.path), 'utf8')
    expect(chosen?.mutate(source)).not.toBe(source)
  }
  expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length)
})
