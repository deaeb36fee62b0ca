import { execFileSync } from 'node:child_process'
import { cp, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { packageFolder } from '@idem/embedded-postgres/package-folder'
import { type Plugin, rolldown } from 'rolldown'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Writes everything that a server needs into one folder: Node, the bundled server, the built page, the
 * migrations and PostgreSQL, for the platform of this machine. The files keep their places in the checkout,
 * so the server finds them in the same way.
 */
async function bundle(target: string, commit: string): Promise<void> {
  await rm(target, { recursive: true, force: true })
  await mkdir(join(target, 'bin'), { recursive: true })
  await bundleServer(target)
  await copy(target, [...served, ...forOperators])
  await copyPostgres(join(target, 'postgres'))
  await cp(process.execPath, join(target, 'bin/node'))
  await writeFile(join(target, 'bin/idem'), await launcher(), { mode: 0o755 })
  await writeFile(join(target, 'package.json'), JSON.stringify(await release(commit), null, 2))
}

const served = ['apps/web/dist', 'apps/web/src/shell/service-worker.js', 'prisma/migrations']
const forOperators = ['LICENSE', 'deploy', 'docs/monitoring.md', 'docs/operating.md']

async function bundleServer(target: string): Promise<void> {
  const dir = join(target, 'server')
  const build = await rolldown({
    input: { idem: join(root, 'apps/server/src/idem.ts') },
    platform: 'node',
    plugins: [placesOfCheckout(target)],
    // Next serves the page in development only, and pg loads its native driver only when it is asked for.
    external: ['next', 'pg-native'],
    onLog: (level, log) => {
      if (level === 'warn' && log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message)
    },
  })
  await build.write({
    dir,
    format: 'esm',
    entryFileNames: '[name].mjs',
    chunkFileNames: '[name]-[hash].mjs',
  })
}

/**
 * A module that asks for its own address gets the one that it had in the checkout. A file that it names by
 * its place is copied to that place, and one of another package beside the bundle.
 */
function placesOfCheckout(target: string): Plugin {
  return {
    name: 'places-of-checkout',
    async transform(code, id) {
      if (id.endsWith('/os-user/package-folder.ts')) return folderBesideServer
      const isOurs = id.startsWith(root) && !id.includes('/node_modules/')
      if (!isOurs || !code.includes('import.meta.')) return undefined
      const place = relative(join(root, 'server'), id)
      for (const [, path = ''] of code.matchAll(namedFile)) {
        const file = join(dirname(id), path)
        if ((await stat(file)).isFile()) await copy(target, [relative(root, file)])
      }
      const requireFrom = createRequire(id)
      for (const [, name] of code.matchAll(address)) {
        if (name === undefined) continue
        await cp(requireFrom.resolve(name), join(target, 'server', basename(name)))
      }
      return code.replace(address, (_, name?: string) => {
        const path = name === undefined ? place : `./${basename(name)}`
        return `new URL('${path}', import.meta.url).href`
      })
    },
  }
}

const namedFile = /new URL\('([^']+)', import\.meta\.url\)/g
const address = /import\.meta\.(?:url|resolve\('([^']+)'\))/g

/** The package of PostgreSQL is no package here, but a folder beside that of the server. */
const folderBesideServer = `
import { fileURLToPath } from 'node:url'
export const packageFolder = () => fileURLToPath(new URL('../postgres', import.meta.url))
`

/** Without the libraries for compiling against PostgreSQL. */
async function copyPostgres(target: string): Promise<void> {
  const folder = packageFolder(`${process.platform}-${process.arch}`)
  const isNeeded = (path: string) => !/\.a$|\/pkgconfig$/.test(path)
  await cp(join(folder, 'native'), join(target, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    filter: isNeeded,
  })
  await cp(join(folder, 'package.json'), join(target, 'package.json'))
}

/** Without the settings of this machine, which may be secrets. */
async function copy(target: string, paths: readonly string[]): Promise<void> {
  const filter = (path: string) => basename(path) !== '.env'
  for (const path of paths) {
    await cp(join(root, path), join(target, path), { recursive: true, filter })
  }
}

/** The flags are those that `npm start` gives to Node. */
async function launcher(): Promise<string> {
  const flags = JSON.parse(await readFile(join(root, 'apps/server/node-flags.json'), 'utf8'))
  return `#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
# The settings of this release or of the machine, without a container; the environment takes precedence.
settings=
for file in "$here/../idem.env" /etc/idem.env; do
  if [ -r "$file" ]; then settings="--env-file=$file"; break; fi
done
export NODE_ENV=production
exec "$here/node" $settings ${flags.join(' ')} "$here/../server/idem.mjs" "$@"
`
}

async function release(commit: string) {
  const { name, version, license } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  return { name, version, commit, license, type: 'module' }
}

function commitOfCheckout(): string {
  return execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
}

const [target = join(root, 'dist/idem'), commit = commitOfCheckout()] = process.argv.slice(2)
await bundle(resolve(target), commit)
