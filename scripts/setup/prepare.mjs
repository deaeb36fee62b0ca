import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from '../processes/child-process.mjs'
import { bin, root } from '../workspace.mjs'
import { pnpm } from './pnpm.mjs'
import { step } from './step.mjs'

/** Installs the packages of the lockfile. */
export function install() {
  return step('install', async () => {
    if (isInstalled()) return 'up to date'
    await pnpm(['install', '--frozen-lockfile'], {
      // Otherwise pnpm prompts before it replaces a node_modules of another layout.
      env: { CI: 'true' },
      sentence:
        'The packages could not be installed; the reason is above. The first start needs the npm registry: check the network or your proxy and try again.',
    })
    return 'the packages of the lockfile'
  })
}

/**
 * pnpm ends an install by copying the lockfile. `pnpm install` would check more, but it needs the
 * registry when its cache is gone, and it replaces node_modules when its store is: an installed app
 * starts without both.
 */
export function isInstalled(home = root) {
  const installed = join(home, 'node_modules/.pnpm/lock.yaml')
  if (!existsSync(installed)) return false
  return readFileSync(installed).equals(readFileSync(join(home, 'pnpm-lock.yaml')))
}

/** Generates Prisma's client from the schema; with `*` also that of the tests of packages/idempotency. */
export function generate(packages = '@idem/database') {
  return runTask('generate', packages, {
    result: "Prisma's client",
    sentence:
      "Prisma's client could not be generated from prisma/schema.prisma; see Prisma's output above.",
  })
}

/** Builds the page for production. */
export function build() {
  return runTask('build', '@idem/web', {
    result: 'the page, for production',
    env: { NODE_ENV: 'production' },
    sentence: "The page could not be built; see Next's output above.",
  })
}

/** turbo restores the outputs when it ran the task with these inputs before. */
function runTask(task, name, { result, sentence, env = {} }) {
  const args = ['run', task, `--filter=${name}`, '--output-logs=errors-only']
  return step(task, async () => {
    const output = await runTool(join(bin, 'turbo'), args, { sentence, env })
    return output.includes('FULL TURBO') ? 'up to date' : result
  })
}
