import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { changedLines } from '../changed-lines.ts'
import { codeBlocksOf } from '../guides/code-blocks.ts'
import { fixtures } from './t3-project.ts'

const patch = await readFile(`${fixtures}idem.patch`, 'utf8')
const files = patch.split(/^diff --git .*$/m).slice(1)
const isNew = (file: string) => /^new file mode/m.test(file)

test('a new user changes at most ten lines of existing files', () => {
  expect(changedLines(patch)).toBeLessThanOrEqual(10)
})

test.each(['packages/idempotency/guides/trpc-prisma.md', 'packages/idempotency/README.md'])(
  '%s shows the file that the patch adds',
  async (page) => {
    const added = files.filter(isNew).map((file) => `${linesOf(file).join('\n')}\n`)
    expect(added).toHaveLength(1)
    const shown = (await codeBlocksOf(page)).filter(({ text }) => text.includes('"~/'))
    expect(shown.filter(({ language }) => language === 'ts').map(({ text }) => text)).toEqual(
      added.map((text) => text.replaceAll(/^\+/gm, '')),
    )
  },
)

test('the guide shows the lines that the patch changes, and no others', async () => {
  const changed = files.filter((file) => !isNew(file)).flatMap(linesOf)
  const blocks = await codeBlocksOf('packages/idempotency/guides/trpc-prisma.md')
  const shown = blocks.filter(({ language }) => language === 'diff')
  expect(shown.flatMap(({ text }) => changesOf(text)).sort()).toEqual(changed.sort())
})

/** The lines that a file of the patch changes, each with its sign. */
function linesOf(file: string): string[] {
  return file
    .split(/^@@ .*$/m)
    .slice(1)
    .flatMap(changesOf)
}

function changesOf(diff: string): string[] {
  return diff.match(/^[+-].*$/gm) ?? []
}
