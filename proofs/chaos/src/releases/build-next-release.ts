import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { applyChanges } from '@idem/test-support/apply-changes'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import type { FileChange } from './file-change.ts'
import { pageChanges } from './page-changes.ts'
import { serverChanges } from './server-changes.ts'

export type NextRelease = AsyncDisposable & {
  /** The file that starts its server. */
  readonly main: string
}

export type BuildSettings = {
  /** `built`: its own page, which takes several seconds. `current`: the page of this release. */
  readonly page: 'built' | 'current'
}

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const run = promisify(execFile)

/**
 * Builds the next release: a copy of the sources of this one, with changes of the kinds that a rolling
 * upgrade must support, in a temporary folder. It shares the installed packages of this one.
 */
export async function buildNextRelease({ page }: BuildSettings): Promise<NextRelease> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await temporaryFolder())
  const copy = folder.path
  await copySources(copy, page)
  await Promise.all(
    [...serverChanges, ...(page === 'built' ? pageChanges : [])].map((one) => apply(copy, one)),
  )
  await run(process.execPath, [join(copy, 'packages/database/scripts/generate.mjs')])
  if (page === 'built') await buildPage(copy)
  const built = building.move()
  return {
    main: join(copy, 'apps/server/src/main.ts'),
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

async function copySources(copy: string, page: BuildSettings['page']): Promise<void> {
  for (const path of copied) await cp(join(root, path), join(copy, path), copyOptions)
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  const web = join(copy, 'apps/web')
  if (page === 'built') await cp(join(root, 'apps/web'), web, copyOptions)
  else await symlink(join(root, 'apps/web'), web)
}

const copied = [
  'apps/server',
  'packages',
  'prisma',
  'prisma.config.ts',
  'package.json',
  'tsconfig.base.json',
]

const copyOptions = {
  recursive: true,
  // The links of a workspace package lead to the copies of the others.
  verbatimSymlinks: true,
  filter: (path: string) => !notCopied.has(basename(path)),
}

/** Built, cached, or executable only where it is. */
const notCopied = new Set(['.next', 'dist', '.turbo', '.bin', '.vite', '.cache'])

async function apply(copy: string, { file, ...change }: FileChange): Promise<void> {
  const path = join(copy, file)
  if ('text' in change) {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, change.text, { flag: 'wx' })
    return
  }
  const owner = 'The next release'
  const { changes } = change
  await writeFile(path, applyChanges(await readFile(path, 'utf8'), { file, changes, owner }))
}

async function buildPage(copy: string): Promise<void> {
  const folder = join(copy, 'apps/web')
  const next = join(folder, 'node_modules/next/dist/bin/next')
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'production' as const,
    NEXT_TELEMETRY_DISABLED: '1',
  }
  await run(process.execPath, [next, 'build'], { cwd: folder, env })
}
