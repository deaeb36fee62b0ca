import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { libraries, poolers } from './support.ts'

const readme = new URL('../../../../packages/idempotency/README.md', import.meta.url)

test('the table of libraries and poolers in the README has a cell for each case of the proof', async () => {
  const lines = (await readFile(readme, 'utf8')).split('\n')
  const heading = lines.findIndex((line) => line.startsWith('| | no pooler |'))
  const table = lines.slice(heading, lines.indexOf('', heading)).map(cellsOf)
  const [[, ...columns] = [], , ...rows] = table
  expect(columns).toEqual(Object.keys(poolers))
  expect(rows.map(([library]) => library)).toEqual(Object.keys(libraries))
  expect(rows.flatMap(([, ...cells]) => cells).filter((cell) => !cell.startsWith('works'))).toEqual(
    [],
  )
})

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}
