import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { codeBlocksOf } from '../guides/code-blocks.ts'
import { installPacked } from '../packages/install-packed.ts'
import { runTool } from '../run-tool.ts'

const bin = fileURLToPath(new URL('../../node_modules/.bin/', import.meta.url))
export const fixtures = fileURLToPath(new URL('../../next/', import.meta.url))
const guide = 'packages/idempotency/guides/next.md'

export type NextProject = AsyncDisposable & { readonly folder: string }

type Settings = {
  /** The default of create-next-app. Next then loses the state of a form that is posted without JavaScript. */
  readonly cacheComponents: boolean
}

/**
 * A project of create-next-app with the packed packages in it. Generated and installed for
 * each run, never committed. `app.patch` adds a form for posts as the documentation of Next has it
 * and leaves out the web fonts, `idem.patch` contains the changes of a new user, and the
 * guide the pages.
 */
export async function nextProject({ cacheComponents }: Settings): Promise<NextProject> {
  const parent = await mkdtemp(join(tmpdir(), 'idem-next-'))
  const folder = join(parent, 'app')
  const remove = () => rm(parent, { recursive: true, force: true, maxRetries: 10 })
  try {
    await generate(parent, cacheComponents ? '--cache-components' : '--no-cache-components')
    for (const name of ['app.patch', 'idem.patch']) {
      await runTool('git', ['apply', '--whitespace=nowarn', join(fixtures, name)], { cwd: folder })
    }
    await writePages(folder)
    if (cacheComponents) await writeFile(join(folder, 'app/loading.tsx'), loading)
    await copyFile(join(fixtures, 'pnpm-lock.yaml'), join(folder, 'pnpm-lock.yaml'))
    await copyFile(join(fixtures, '../t3/pnpm-workspace.yaml'), join(folder, 'pnpm-workspace.yaml'))
    await installPacked(folder)
    return { folder, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Cache Components want a part of each page at once. */
const loading = 'export default function Loading() {\n  return null;\n}\n'

async function generate(cwd: string, option: string): Promise<void> {
  const parts = ['--ts', '--app', '--no-src-dir', '--no-tailwind', '--no-linter', '--use-pnpm']
  const steps = ['--skip-install', '--disable-git', '--yes']
  await runTool(`${bin}create-next-app`, ['app', option, ...parts, ...steps], { cwd })
}

/** The code blocks of the guide that name a file. */
async function writePages(folder: string): Promise<void> {
  for (const { file, text } of await codeBlocksOf(guide)) {
    if (file === undefined) continue
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
  }
}
