import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from './processes/child-process.mjs'
import { runMain } from './processes/user-error.mjs'
import { pnpm } from './setup/pnpm.mjs'
import { install } from './setup/prepare.mjs'
import { step } from './setup/step.mjs'
import { bin, root } from './workspace.mjs'

/** The packages that other projects install. */
const published = ['idempotency', 'outbox', 'check']

const destination = join(root, 'dist/packages')

await runMain(async () => {
  await install()
  await step('build', buildPackages)
  rmSync(destination, { recursive: true, force: true })
  mkdirSync(destination, { recursive: true })
  for (const name of published) await step('pack', () => pack(name))
  return 0
})

async function buildPackages() {
  const filters = published.map((name) => `--filter=@idem/${name}`)
  const args = ['run', 'build', ...filters, '--output-logs=errors-only']
  const sentence = 'The packages could not be built; the output of the build is above.'
  const output = await runTool(join(bin, 'turbo'), args, { sentence })
  return output.includes('FULL TURBO') ? 'up to date' : 'the packages, for publishing'
}

/** pnpm puts what `publishConfig` says in the place of what the workspace uses, and versions in the place of the catalog. */
async function pack(name) {
  const folder = join(root, 'packages', name)
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  await pnpm(['--dir', folder, 'pack', '--pack-destination', destination], {
    sentence: `${name} could not be packed; the output of pnpm is above.`,
  })
  return `idem-${name}-${version}.tgz`
}
