import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packed } from '../packages/packed.ts'
import { runTool } from '../run-tool.ts'

const require = createRequire(import.meta.url)
const root = fileURLToPath(new URL('../../../../', import.meta.url))
const pnpm = join(root, 'node_modules/.bin/pnpm')
const fixtures = fileURLToPath(new URL('../../t3/', import.meta.url))

/** What a new user changes. */
export const patchFile = join(fixtures, 'idem.patch')

export type T3Project = AsyncDisposable & { readonly folder: string }

/** A create-t3-app with Prisma, PostgreSQL, tRPC and sign-in, and the packed packages in it. */
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
    return { folder, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

async function generate(cwd: string): Promise<void> {
  const generator = require.resolve('create-t3-app')
  const parts = ['--appRouter', '--trpc', '--prisma', '--nextAuth', '--dbProvider', 'postgres']
  const args = [generator, 'app', '--CI', '--noGit', '--noInstall', ...parts]
  await runTool(process.execPath, args, { cwd })
}

/** As `npm i` would, with the other packages in the versions of the committed lockfile. */
async function addPackages(folder: string): Promise<void> {
  const tarballs = await packed()
  const file = join(folder, 'package.json')
  const manifest = JSON.parse(await readFile(file, 'utf8'))
  manifest.dependencies['@idem/idempotency'] = `file:${tarballs.idempotency}`
  manifest.dependencies['@idem/outbox'] = `file:${tarballs.outbox}`
  await writeFile(file, JSON.stringify(manifest, undefined, 2))
  await copyFile(join(fixtures, 'pnpm-lock.yaml'), join(folder, 'pnpm-lock.yaml'))
  const options = ['--no-frozen-lockfile', '--prefer-offline', '--ignore-workspace']
  await runTool(pnpm, ['install', ...options], { cwd: folder })
}
