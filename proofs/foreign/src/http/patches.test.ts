import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { changedLines } from '../changed-lines.ts'
import { codeBlocksOf } from '../guides/code-blocks.ts'
import { fixtures, frameworks } from './http-project.ts'

describe.for(Object.keys(frameworks))('%s', (name) => {
  test('a new user changes at most ten lines, and the guide shows them and no others', async () => {
    const patch = await readFile(`${fixtures}${name}/idem.patch`, 'utf8')
    expect(changedLines(patch)).toBeLessThanOrEqual(10)
    const blocks = await codeBlocksOf(`packages/idempotency/guides/${name}.md`)
    const shown = blocks.filter(({ language }) => language === 'diff').map(({ text }) => text)
    expect(shown.flatMap(changesOf)).toEqual(
      patch
        .split(/^@@ .*$/m)
        .slice(1)
        .flatMap(changesOf),
    )
  })
})

function changesOf(diff: string): string[] {
  return diff.match(/^[+-].*$/gm) ?? []
}
