import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url))

export const bin = join(root, 'node_modules', '.bin')

/** Where Node keeps the compiled code of the modules that it has loaded: from the second start on, the server needs half the time. */
export const compileCache =
  process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'node')

/** The environment of every child process: our own tools first on the PATH, telemetry off. */
export function toolEnvironment() {
  return {
    ...process.env,
    PATH: [bin, process.env.PATH].join(delimiter),
    NODE_COMPILE_CACHE: compileCache,
    DO_NOT_TRACK: '1',
    NEXT_TELEMETRY_DISABLED: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
  }
}

/** The test projects that start no PostgreSQL. */
export const projectsWithoutDatabase = [
  'check',
  'contract',
  'outbox',
  'client',
  'web',
  'scripts',
  'embedded-postgres',
].map((name) => `@idem/${name}`)

/** The folder of every workspace package, relative to the root: `apps/web`, `packages/todos`, … */
export function workspaceFolders(home = root) {
  return ['apps', 'packages', 'proofs']
    .filter((parent) => existsSync(join(home, parent)))
    .flatMap((parent) => readdirSync(join(home, parent)).map((name) => `${parent}/${name}`))
    .filter((folder) => existsSync(join(home, folder, 'package.json')))
}

/** The folders of a package and of its transitive runtime dependencies in the workspace. */
export function foldersOfDependencies(name, home = root) {
  const packages = new Map(
    workspaceFolders(home).map((folder) => {
      const manifest = JSON.parse(readFileSync(join(home, folder, 'package.json'), 'utf8'))
      return [manifest.name, { folder, needs: Object.keys(manifest.dependencies ?? {}) }]
    }),
  )
  const reached = new Set([name])
  for (const each of reached) {
    for (const need of packages.get(each)?.needs ?? []) if (packages.has(need)) reached.add(need)
  }
  return [...reached].flatMap((each) => packages.get(each)?.folder ?? [])
}
