import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { defineConfig } from 'vitest/config'
import { mutantPlugin } from './proofs/mutants/src/vite-plugin.ts'
import { root, workspaceFolders } from './scripts/workspace.mjs'

// Proofs kill servers, count requests and measure time: they run one at a time,
// after the quick tests, in this order.
const oneAtATime = ['@idem/mutants', '@idem/chaos', '@idem/browser', '@idem/foreign', '@idem/speed']

// A `.proof.ts` runs only under `npm run prove`: it needs more time or another machine.
const kinds = process.env.IDEM_PROVE === 'true' ? '{test,proof}' : 'test'

const projects = [
  { name: '@idem/scripts', folder: 'scripts', include: '**/*.test.ts' },
  ...workspaceFolders().map((folder) => ({
    name: JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')).name,
    folder,
    include: `src/**/*.${kinds}.{ts,tsx}`,
  })),
]

export default defineConfig({
  plugins: mutantPlugin(),
  test: {
    // Once for the whole run, whatever the number of projects.
    globalSetup: join(root, 'scripts/test-database.ts'),
    projects: chosenProjects().map(({ name, folder, include }) => {
      const turn = oneAtATime.indexOf(name) + 1
      return {
        extends: true as const,
        test: {
          name,
          root: join(root, folder),
          include: [include],
          testTimeout: 20_000,
          hookTimeout: 20_000,
          // Two cores: a third worker would only wait, and time-outs would fire early.
          maxWorkers: turn === 0 ? 2 : 1,
          sequence: { groupOrder: turn },
        },
      }
    }),
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
