import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { changedLines } from '../changed-lines.ts'
import { codeBlocksOf } from './code-blocks.ts'

const readme = 'packages/idempotency/README.md'

/** A project, the text by which its imports are recognized, and the pages that show its new file. */
const projects = [
  {
    name: 't3',
    imports: '"~/',
    guide: 'packages/idempotency/guides/trpc-prisma.md',
    pages: ['packages/idempotency/guides/trpc-prisma.md', readme],
  },
  {
    name: 'next',
    imports: '"@/',
    guide: 'packages/idempotency/guides/next.md',
    pages: ['packages/idempotency/guides/next.md'],
  },
]

describe.for(projects)('$name', ({ name, imports, guide, pages }) => {
  const files = async () => (await patchOf(name)).split(/^diff --git .*$/m).slice(1)

  test('a new user changes at most ten lines of existing files', async () => {
    expect(changedLines(await patchOf(name))).toBeLessThanOrEqual(10)
  })

  test.each(pages)('%s shows the file that the patch adds', async (page) => {
    const added = (await files()).filter(isNew).map((file) => `${linesOf(file).join('\n')}\n`)
    expect(added).toHaveLength(1)
    // The proof of the project writes blocks that name a file.
    const shown = (await codeBlocksOf(page)).filter(
      ({ file, text }) => file === undefined && text.includes(imports),
    )
    expect(shown.filter(({ language }) => language === 'ts').map(({ text }) => text)).toEqual(
      added.map((text) => text.replaceAll(/^\+/gm, '')),
    )
  })

  test('the guide shows the lines that the patch changes, and no others', async () => {
    const changed = (await files()).filter((file) => !isNew(file)).flatMap(linesOf)
    const blocks = await codeBlocksOf(guide)
    const shown = blocks.filter(({ language }) => language === 'diff')
    expect(shown.flatMap(({ text }) => changesOf(text)).sort()).toEqual(changed.sort())
  })
})

function patchOf(name: string): Promise<string> {
  const file = new URL(`../../${name}/idem.patch`, import.meta.url)
  return readFile(fileURLToPath(file), 'utf8')
}

function isNew(file: string): boolean {
  return /^new file mode/m.test(file)
}

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
