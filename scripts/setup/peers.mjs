import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from '../processes/child-process.mjs'
import { root } from '../workspace.mjs'
import { pnpm } from './pnpm.mjs'
import { isInstalled } from './prepare.mjs'
import { step } from './step.mjs'

/** The project with the packages that the benchmark compares; not part of the workspace, so nobody else installs them. */
const folder = join(root, 'proofs/speed/peers')
const app = join(folder, 'starter-kit')

export async function preparePeers() {
  await step('peers', async () => {
    if (isInstalled(folder)) return 'up to date'
    await pnpm(['--dir', folder, 'install', '--frozen-lockfile'], {
      env: { CI: 'true' },
      sentence: 'The packages that are compared could not be installed; the reason is above.',
    })
    return 'the packages of their lockfile'
  })
  await step('next', async () => {
    if (isBuilt()) return 'up to date'
    await buildApp()
    return 'the app that is compared'
  })
}

function isBuilt() {
  const built = join(app, '.next/BUILD_ID')
  if (!existsSync(built)) return false
  const sources = readdirSync(app, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.includes('.next'))
    .map((entry) => join(entry.parentPath, entry.name))
  const times = [join(folder, 'pnpm-lock.yaml'), ...sources].map((path) => statSync(path).mtimeMs)
  return statSync(built).mtimeMs > Math.max(...times)
}

async function buildApp() {
  const env = {
    // Generating needs no engine, and any executable stands for it (packages/database does the same).
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
    NODE_ENV: 'production',
  }
  const sentence = 'The app that is compared could not be built; the reason is above.'
  const tool = (name) => join(folder, 'node_modules/.bin', name)
  const options = { cwd: folder, env, sentence }
  const schema = join(app, 'schema.prisma')
  await runTool(tool('prisma'), ['generate', '--no-hints', '--schema', schema], options)
  await runTool(tool('next'), ['build', app], options)
}
