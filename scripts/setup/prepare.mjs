import { foldersOfDependencies, toolEnvironment, workspaceFolders } from '../workspace.mjs'
import { cached } from './build-cache.mjs'
import { pnpm } from './pnpm.mjs'
import { step } from './step.mjs'

/** Installs the packages of the lockfile. */
export function install() {
  const job = {
    stamp: 'node_modules/.idem/install',
    inputs: ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests()],
    // pnpm's own records of its last install: a manual install changes them.
    outputs: ['node_modules/.pnpm/lock.yaml', 'node_modules/.modules.yaml'],
    parameters: [process.platform, process.arch],
  }
  const work = () =>
    pnpm(['install', '--frozen-lockfile'], {
      // Otherwise pnpm prompts before it replaces a node_modules of another layout.
      env: { CI: 'true' },
      sentence:
        'The packages could not be installed; the reason is above. The first start needs the npm registry: check the network or your proxy and try again.',
    })
  return step('install', () => outcome(cached(job, work), 'the packages of the lockfile'))
}

/** Generates Prisma's client from the schema. */
export function generate() {
  const job = {
    stamp: 'node_modules/.idem/generate',
    inputs: [
      'prisma/schema.prisma',
      'prisma.config.ts',
      'packages/database/package.json',
      'packages/database/scripts',
      'pnpm-lock.yaml',
    ],
    outputs: ['packages/database/src/generated'],
  }
  const work = () =>
    pnpm(['--dir', 'packages/database', 'run', 'generate'], {
      sentence:
        "Prisma's client could not be generated from prisma/schema.prisma; see Prisma's output above.",
    })
  return step('generate', () => outcome(cached(job, work), "Prisma's client"))
}

/** Builds the page for production. */
export function build() {
  const job = {
    // Inside the build folder, so that both are deleted together.
    stamp: 'apps/web/.next/idem-stamp',
    inputs: [
      ...foldersOfDependencies('@idem/web'),
      'package.json',
      'pnpm-lock.yaml',
      'tsconfig.base.json',
    ],
    outputs: ['apps/web/.next/BUILD_ID', 'apps/web/.next/build-manifest.json'],
    parameters: nextVariables(),
  }
  const work = () =>
    pnpm(['--dir', 'apps/web', 'run', 'build'], {
      env: { NODE_ENV: 'production' },
      sentence: "The page could not be built; see Next's output above.",
    })
  return step('build', () => outcome(cached(job, work), 'the page, for production'))
}

function manifests() {
  return workspaceFolders().map((folder) => `${folder}/package.json`)
}

/**
 * Next inlines variables with these names into the build. As the build gets them, and not as this
 * process has them: a start by another of our commands has one more, and would build again.
 */
export function nextVariables() {
  return Object.entries(toolEnvironment())
    .filter(([name]) => name.startsWith('NEXT_'))
    .sort()
}

async function outcome(done, description) {
  return (await done) ? description : 'up to date'
}
