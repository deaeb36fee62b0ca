import { join } from 'node:path'
import { runQuietly } from './children.mjs'
import { bin } from './house.mjs'

/** What is checked without running the code. Each counts as one test. */
export const checks = [
  {
    name: 'style',
    // Biome: format, lint, import circles, barrels, forbidden imports.
    run: () => tool('biome', ['ci', '--colors=off', '--error-on-warnings']),
  },
  {
    name: 'borders',
    // Which package may import which.
    run: () => tool('turbo', ['boundaries']),
  },
  {
    name: 'manifests',
    // One version per dependency, written in one way.
    run: () => tool('sherif', ['--fail-on-warnings']),
  },
  {
    name: 'unused',
    run: () => tool('knip', ['--no-config-hints']),
  },
  {
    name: 'types',
    run: () => tool('turbo', ['run', 'typecheck', '--continue', '--output-logs=errors-only']),
  },
]

function tool(name, args) {
  return runQuietly(join(bin, name), args, {
    sentence: `${name} found something; it is described above. To repeat: node_modules/.bin/${name} ${args.join(' ')}`,
  })
}
