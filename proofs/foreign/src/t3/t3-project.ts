import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPacked } from '../packages/install-packed.ts'
import { runTool } from '../run-tool.ts'

const bin = fileURLToPath(new URL('../../node_modules/.bin/', import.meta.url))
export const fixtures = fileURLToPath(new URL('../../t3/', import.meta.url))

export type T3Project = AsyncDisposable & { readonly folder: string }

/**
 * A create-t3-app with Prisma, PostgreSQL, tRPC and sign-in, and the packed
 * packages in it. Generated and installed for each run, never committed.
 * `machine.patch` contains the changes for a machine without Prisma's engines and
 * web fonts, `idem.patch` those of a new user.
 */
export async function t3Project(): Promise<T3Project> {
  const parent = await mkdtemp(join(tmpdir(), 'idem-t3-'))
  const folder = join(parent, 'app')
  const remove = () => rm(parent, { recursive: true, force: true, maxRetries: 10 })
  try {
    await generate(parent)
    for (const name of ['machine.patch', 'idem.patch']) {
      await runTool('git', ['apply', '--whitespace=nowarn', join(fixtures, name)], { cwd: folder })
    }
    await addPackages(folder)
    await runTool(join(folder, 'node_modules/.bin/prisma'), ['generate', '--no-hints'], {
      cwd: folder,
      env: withoutEngines,
    })
    return { folder, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function generate(cwd: string): Promise<void> {
  const parts = ['--appRouter', '--trpc', '--prisma', '--nextAuth', '--dbProvider', 'postgres']
  await runTool(`${bin}create-t3-app`, ['app', '--CI', '--noGit', '--noInstall', ...parts], { cwd })
}

/** All other packages have the versions of the committed lockfile. */
async function addPackages(folder: string): Promise<void> {
  for (const name of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) {
    await copyFile(join(fixtures, name), join(folder, name))
  }
  // No module of this workspace: it imports the packages of the project.
  await copyFile(join(fixtures, 'drive.mjs.txt'), join(folder, 'drive.mjs'))
  await copyFile(join(fixtures, '../plain/attacks.mjs.txt'), join(folder, 'attacks.mjs'))
  await installPacked(folder)
}

/** Generating needs no engine, but Prisma downloads each unless a path is given: any executable works. */
const withoutEngines = {
  CHECKPOINT_DISABLE: '1',
  PRISMA_QUERY_ENGINE_LIBRARY: process.execPath,
  PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
}
