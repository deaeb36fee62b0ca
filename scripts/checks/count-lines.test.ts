import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { countLines } from './count-lines.ts'

const source = `/**
 * A comment.
 */
export const a = 1 // code, with a comment

// Another comment.
/* one more */
export const b = 2
`

test('blank lines and comments count as lines and not as code; tests are counted apart', () => {
  const home = mkdtempSync(join(tmpdir(), 'idem-lines-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  for (const path of [
    'packages/todos/src/a.ts',
    'packages/todos/src/a.test.ts',
    'packages/todos/src/test-world.ts',
    'packages/todos/src/generated/b.ts',
    'packages/todos/node_modules/c/c.ts',
    'packages/todos/README.md',
    'proofs/test-support/src/d.ts',
    'proofs/chaos/src/e.ts',
  ]) {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), source)
  }
  const none = { files: 0, lines: 0, code: 0, support: 0, tests: 0, generated: 0 }
  expect(Object.fromEntries(countLines(home))).toEqual({
    'packages/todos': { files: 1, lines: 8, code: 2, support: 8, tests: 8, generated: 8 },
    'proofs/test-support': { ...none, support: 8 },
  })
})
