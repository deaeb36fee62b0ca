import { join } from 'node:path'
import { runTool } from '../processes/child-process.mjs'
import { bin } from '../workspace.mjs'

/** The checks that do not run the code. Each counts as one test. */
export const checks = [
  {
    name: 'style',
    // Biome: format, lint, import circles, barrels, forbidden imports.
    run: () => tool('biome', ['ci', '--colors=off', '--error-on-warnings']),
  },
  {
    name: 'boundaries',
    // The allowed imports between packages.
    run: () => tool('turbo', ['boundaries']),
  },
  {
    name: 'manifests',
    // One version for each dependency, declared in one way.
    run: () => tool('sherif', ['--fail-on-warnings']),
  },
  {
    name: 'unused',
    run: () => tool('knip', ['--no-config-hints']),
  },
  {
    name: 'types',
    // One compiler for each core: ten of them, which is turbo's default, only wait for each other.
    run: () =>
      tool('turbo', [
        ...['run', 'typecheck', '--continue'],
        ...['--output-logs=errors-only', '--concurrency=100%'],
      ]),
  },
]

function tool(name, args) {
  return runTool(join(bin, name), args, {
    sentence: `${name} reported problems; see above. To repeat: node_modules/.bin/${name} ${args.join(' ')}`,
  })
}
