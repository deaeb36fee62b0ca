import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Guarantee, guarantees } from './guarantees.ts'
import { killingTestOf } from './mutant.ts'
import { mutants } from './mutants.ts'

const page = new URL('../../../docs/proofs.md', import.meta.url)

test('docs/proofs.md lists the test and the mutant of each guarantee', () => {
  const rows = Object.keys(guarantees).flatMap((name) => rowsOf(name as Guarantee))
  expect(readFileSync(page, 'utf8')).toContain(
    ['| guarantee | test | mutant |', '|---|---|---|', ...rows, ''].join('\n'),
  )
})

function rowsOf(guarantee: Guarantee): string[] {
  const breaking = mutants.filter((mutant) => mutant.guarantee === guarantee)
  expect(breaking, `the mutants of "${guarantee}"`).not.toEqual([])
  return breaking.map((mutant, at) => {
    const { name } = mutant
    const file = killingTestOf(mutant)
      .file.replace('/src/', '/')
      .replace(/^(apps|packages)\//, '')
    return `| ${at === 0 ? guarantees[guarantee] : ''} | ${file.replace(/\.test\.tsx?$/, '')} | ${name} |`
  })
}
