import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installPacked } from '../packages/install-packed.ts'
import { runTool } from '../run-tool.ts'

type PrismaVersion = 6 | 7

export type PlainProject = AsyncDisposable & {
  readonly folder: string
  /** The path of a Node 22. */
  readonly node22: string
  /** Runs a command of one of its packages to its end and returns the output. */
  readonly run: (command: string, args: readonly string[], databaseUrl?: string) => Promise<string>
}

const fixtures = fileURLToPath(new URL('../../', import.meta.url))
const files = [
  'attacks.mjs',
  'package.json',
  'posts.js',
  'schema-engine.mjs',
  'schema.prisma',
  'server.mjs',
]

/**
 * A project with a tRPC server for Prisma, for Drizzle and for `pg`, and the
 * packed packages in it. Installed for each run, never committed.
 */
export async function plainProject(prisma: PrismaVersion): Promise<PlainProject> {
  const folder = await mkdtemp(join(tmpdir(), 'idem-plain-'))
  const project: PlainProject = {
    folder,
    node22: join(folder, 'node_modules/node22/bin/node'),
    run: (command, args, databaseUrl) =>
      runTool(join(folder, 'node_modules/.bin', command), args, {
        cwd: folder,
        env: { ...withOwnEngine(folder), DATABASE_URL: databaseUrl },
      }),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 10 }),
  }
  try {
    await copyFixtures(folder)
    await (prisma === 6 ? usePrisma6(folder) : usePrisma7(folder))
    await addPackages(folder)
    await project.run('prisma', ['generate', '--no-hints'])
    return project
  } catch (error) {
    await project[Symbol.asyncDispose]()
    throw error
  }
}

/** Prisma downloads each engine unless a path is given; generating needs none, so any executable works for the other. */
function withOwnEngine(folder: string) {
  const engine = join(folder, 'schema-engine.mjs')
  return {
    CHECKPOINT_DISABLE: '1',
    PRISMA_QUERY_ENGINE_LIBRARY: engine,
    PRISMA_SCHEMA_ENGINE_BINARY: engine,
  }
}

async function copyFixtures(folder: string): Promise<void> {
  for (const name of files) await copyFile(`${fixtures}plain/${name}.txt`, join(folder, name))
  await chmod(join(folder, 'schema-engine.mjs'), 0o755)
  await copyFile(`${fixtures}t3/drive.mjs.txt`, join(folder, 'drive.mjs'))
  await copyFile(`${fixtures}t3/pnpm-workspace.yaml`, join(folder, 'pnpm-workspace.yaml'))
}

async function usePrisma6(folder: string): Promise<void> {
  await change(join(folder, 'package.json'), (text) =>
    text.replaceAll(/("(?:prisma|@prisma\/client|@prisma\/adapter-pg)": )"[^"]+"/g, '$1"6.19.3"'),
  )
  await change(join(folder, 'schema.prisma'), (text) =>
    text.replace('provider = "postgresql"', '$&\n  url = env("DATABASE_URL")'),
  )
}

async function usePrisma7(folder: string): Promise<void> {
  await copyFile(`${fixtures}plain/prisma.config.mjs.txt`, join(folder, 'prisma.config.mjs'))
}

/** A Node of another version beside that of this process, and the packed packages. */
async function addPackages(folder: string): Promise<void> {
  const node22 = `npm:node-${process.platform}-${process.arch}@22.23.3`
  await change(join(folder, 'package.json'), (text) =>
    JSON.stringify({ ...JSON.parse(text), optionalDependencies: { node22 } }),
  )
  await installPacked(folder)
}

async function change(file: string, changed: (text: string) => string): Promise<void> {
  await writeFile(file, changed(await readFile(file, 'utf8')))
}
