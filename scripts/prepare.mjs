import { foldersBehind, workspaceFolders } from './house.mjs'
import { pnpm } from './pnpm.mjs'
import { unlessDone } from './stamp.mjs'
import { step } from './step.mjs'

/** The packages, exactly as the lockfile has them. */
export function install() {
  const job = {
    stamp: 'node_modules/.idem/install',
    inputs: ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...manifests()],
    // pnpm's own records of what it last installed: they tell of an install made by hand.
    outputs: ['node_modules/.pnpm/lock.yaml', 'node_modules/.modules.yaml'],
    words: [process.platform, process.arch],
  }
  const work = () =>
    pnpm(['install', '--frozen-lockfile'], {
      // Otherwise pnpm asks before it replaces a node_modules of another kind, and nobody is there to answer.
      env: { CI: 'true' },
      sentence:
        'The packages could not be installed; the reason is above. The first start needs the npm registry: check the network or your proxy and try again.',
    })
  return step('install', () => outcome(unlessDone(job, work), 'the packages of the lockfile'))
}

/** Prisma's client, made from the schema. */
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
        "Prisma's client could not be made from prisma/schema.prisma; Prisma's words are above.",
    })
  return step('generate', () => outcome(unlessDone(job, work), "Prisma's client"))
}

/** The page, built for production. */
export function build() {
  const job = {
    // Inside what it vouches for: who deletes the one deletes the other.
    stamp: 'apps/web/.next/idem-stamp',
    inputs: [...foldersBehind('@idem/web'), 'package.json', 'pnpm-lock.yaml', 'tsconfig.base.json'],
    outputs: ['apps/web/.next/BUILD_ID', 'apps/web/.next/build-manifest.json'],
    words: nextVariables(),
  }
  const work = () =>
    pnpm(['--dir', 'apps/web', 'run', 'build'], {
      env: { NODE_ENV: 'production' },
      sentence: "The page could not be built; Next's words are above.",
    })
  return step('build', () => outcome(unlessDone(job, work), 'the page, for production'))
}

function manifests() {
  return workspaceFolders().map((folder) => `${folder}/package.json`)
}

/** Next puts variables of these names into what it builds. */
function nextVariables() {
  return Object.entries(process.env)
    .filter(([name]) => name.startsWith('NEXT_'))
    .sort()
}

async function outcome(done, what) {
  return (await done) ? what : 'up to date'
}
