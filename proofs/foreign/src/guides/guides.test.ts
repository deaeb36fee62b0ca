import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { runTool } from '../run-tool.ts'
import { codeBlocksOf, pages, root } from './code-blocks.ts'

vi.setConfig({ testTimeout: 120_000 })

const here = fileURLToPath(new URL('../../', import.meta.url))

const settings = {
  extends: '../../../../tsconfig.base.json',
  compilerOptions: { lib: ['es2024', 'dom'], jsx: 'react-jsx' },
  include: ['**/*', '../../guides/prelude.d.ts'],
}

test('the code of the guides and of both READMEs compiles', async () => {
  const folder = await temporaryFolder()
  // The README of the outbox shows these files, which import one another.
  await cp(`${root}packages/outbox/example`, join(folder, 'packages/outbox/README'), {
    recursive: true,
  })
  const folderOf = (page: string) => join(folder, dirname(page), basename(page, '.md'))
  const written = await Promise.all(pages.map((page) => writeCode(page, folderOf(page))))
  expect(written.flat().length).toBeGreaterThan(15)
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings))
  await runTool(`${root}node_modules/.bin/tsc`, ['-p', folder], { cwd: folder })
})

async function temporaryFolder(): Promise<string> {
  await mkdir(`${here}dist`, { recursive: true })
  const folder = await mkdtemp(`${here}dist/guides-`)
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** What imports modules of a project of T3 or Next is compiled there, see `t3/` and `next/`. */
async function writeCode(page: string, folder: string): Promise<string[]> {
  const blocks = (await codeBlocksOf(page)).filter(
    ({ language, text }) => /^tsx?$/.test(language) && !/"[~@]\/|from "\.\/actions"/.test(text),
  )
  return Promise.all(
    blocks.map(async ({ language, line, text, file = `line-${line}.${language}` }) => {
      const path = join(folder, file)
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, text)
      return path
    }),
  )
}
