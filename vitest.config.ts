import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { defineConfig } from 'vitest/config'
import { mutantPlugin } from './proofs/mutants/src/vite-plugin.ts'
import { testSeed } from './scripts/checks/test-seed.mjs'
import {
  compileCache,
  projectsWithoutDatabase,
  root,
  workspaceFolders,
} from './scripts/workspace.mjs'

/** The tests start hundreds of servers. */
process.env.NODE_COMPILE_CACHE = compileCache

/** Every seed of a test comes from it. */
process.env.IDEM_TEST_SEED = `${testSeed(process.env)}`

/** Their requests may take longer than Vitest's second. */
const slow = ['@idem/chaos', '@idem/browser']
/** They measure time, or use both cores themselves. */
const alone = ['@idem/mutants', '@idem/foreign', '@idem/speed']
/** The same for these files of the slow projects, as a project with `:alone` behind its name. */
const aloneFiles = 'src/{isolation,limits,nemesis,overload,under-load}/**'

const statementCheck = join(root, 'proofs/test-support/src/statements/check-statements.ts')

/** The groups follow each other. */
const groups = {
  // A browser and its server use both cores: with a third worker, time-outs would fire early.
  browser: { maxWorkers: 2, sequence: { groupOrder: 0 } },
  // Some wait, for a lock or a time-out, and leave a core to another worker.
  others: { maxWorkers: 3, sequence: { groupOrder: 1 } },
  alone: { maxWorkers: 1, sequence: { groupOrder: 2 } },
}

/** A `.proof.ts` runs only under `npm run prove`: it needs more time or another machine. */
const kinds = process.env.IDEM_PROVE === 'true' ? '{test,proof}' : 'test'

type Project = {
  readonly name: string
  readonly folder: string
  readonly include: string
  readonly exclude?: string
  readonly group: keyof typeof groups
}

const projects: Project[] = [
  { name: '@idem/scripts', folder: 'scripts', include: '**/*.test.ts', group: 'others' },
  ...workspaceFolders().flatMap(projectsIn),
]

function projectsIn(folder: string): Project[] {
  const { name } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const tests = `*.${kinds}.{ts,tsx}`
  const include = `src/**/${tests}`
  if (alone.includes(name)) return [{ name, folder, include, group: 'alone' }]
  if (!slow.includes(name)) return [{ name, folder, include, group: 'others' }]
  const group = name === '@idem/browser' ? 'browser' : 'others'
  const aloneProject = { name: `${name}:alone`, folder, include: `${aloneFiles}/${tests}` }
  return [
    { name, folder, include, exclude: `${aloneFiles}/*`, group },
    { ...aloneProject, group: 'alone' },
  ]
}

export default defineConfig({
  plugins: mutantPlugin(),
  test: {
    // Once for the whole run, whatever the number of projects.
    globalSetup: join(root, 'scripts/test-database.ts'),
    projects: chosenProjects().map(({ name, folder, include, exclude, group }) => ({
      extends: true as const,
      test: {
        name,
        root: join(root, folder),
        include: [include],
        exclude: exclude === undefined ? [] : [exclude],
        setupFiles: projectsWithoutDatabase.includes(name) ? [] : [statementCheck],
        testTimeout: 20_000,
        hookTimeout: 20_000,
        // A killed mutant waits for it.
        expect: { poll: { timeout: group === 'alone' || slow.includes(name) ? 10_000 : 2_000 } },
        ...groups[group],
        // Files share their workers and modules, and those of the browser a browser and a server: starting
        // them for each takes minutes.
        isolate: group === 'alone',
      },
    })),
  },
})

/**
 * Those that `--project` names, by their whole names. Vitest prepares every
 * project before it looks at that option, which takes a run of one small test
 * from 1.8 s to 3.8 s.
 */
function chosenProjects() {
  const { values } = parseArgs({
    options: { project: { type: 'string', multiple: true } },
    strict: false,
  })
  const names = [values.project ?? []].flat()
  const chosen = projects.filter(({ name }) => names.includes(name))
  return names.length > 0 && chosen.length === names.length ? chosen : projects
}
