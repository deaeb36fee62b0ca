import { globSync } from 'node:fs'
import { copyFile, cp, mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPacked } from '../packages/install-packed.ts'
import { runTool } from '../run-tool.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
export const fixtures = `${root}http/`
const pnpm = `${root}node_modules/.bin/pnpm`

export type Framework = {
  /** Makes `app` as the framework's own documentation does, in this folder. */
  readonly generate: (parent: string) => Promise<unknown>
  /** Of the project, before its server starts. */
  readonly build?: readonly string[]
  /** With Node. */
  readonly serve: (port: number) => readonly string[]
}

export const frameworks = {
  // create-hono fetches its template from the web: these are the files of the documentation.
  hono: {
    generate: (parent) => copyGenerated(`${fixtures}hono/generated`, join(parent, 'app')),
    build: ['tsc'],
    serve: (port) => ['dist/index.js', `${port}`],
  },
  express: {
    generate: (cwd) => runPackage('express-generator@4.16.1', ['express', '--no-view', 'app'], cwd),
    serve: (port) => ['-e', `process.env.PORT = ${port}; require('./bin/www')`],
  },
  fastify: {
    generate: (cwd) =>
      runPackage('fastify-cli@8.0.2', ['fastify', 'generate', 'app', '--lang=ts'], cwd),
    // As generated it does not compile with the TypeScript that it asks for.
    build: ['tsc', '--rootDir', 'src'],
    serve: (port) => [
      'node_modules/fastify-cli/cli.js',
      ...['start', '--port', `${port}`, '--log-level', 'warn', 'dist/app.js'],
    ],
  },
} as const satisfies Readonly<Record<string, Framework>>

export type FrameworkName = keyof typeof frameworks

export type HttpProject = AsyncDisposable & { readonly folder: string }

/**
 * A project of a framework, with the packed packages in it. Generated and installed for
 * each run, never committed. `posts.patch` has what a user wrote before: a route that
 * inserts a row. `idem.patch` has the changes of a new user of the package.
 */
export async function httpProject(name: FrameworkName): Promise<HttpProject> {
  const { generate, build }: Framework = frameworks[name]
  const parent = await mkdtemp(join(tmpdir(), `idem-${name}-`))
  const folder = join(parent, 'app')
  const remove = () => rm(parent, { recursive: true, force: true, maxRetries: 10 })
  try {
    await generate(parent)
    for (const patch of ['posts.patch', 'idem.patch']) {
      await runTool('git', ['apply', join(fixtures, name, patch)], { cwd: folder })
    }
    await copyFile(join(root, 't3/pnpm-workspace.yaml'), join(folder, 'pnpm-workspace.yaml'))
    await installPacked(folder)
    const [command, ...args] = build ?? []
    if (command !== undefined) {
      await runTool(join(folder, 'node_modules/.bin', command), args, { cwd: folder })
    }
    return { folder, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Like npx. */
function runPackage(name: string, command: readonly string[], cwd: string): Promise<string> {
  return runTool(pnpm, ['dlx', '--package', name, ...command], { cwd })
}

/** No modules of this workspace, so their names end in `.txt`. */
async function copyGenerated(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true })
  for (const file of globSync('**/*.txt', { cwd: to })) {
    await rename(join(to, file), join(to, file.slice(0, -'.txt'.length)))
  }
}
