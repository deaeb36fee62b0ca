// Generates the Prisma client from prisma/schema.prisma, or from the schema of the argument. Plain JavaScript for Node 18, because it
// runs before Node 24 is installed.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const prisma = createRequire(import.meta.url).resolve('prisma/build/index.js')

// Prisma's command needs a newer Node than the user may have; the installed one comes first.
const installedNode = join(root, 'node_modules/.bin/node')
const node = existsSync(installedNode) ? installedNode : process.execPath

const [schema = join(root, 'prisma/schema.prisma')] = process.argv.slice(2)
const args = ['generate', '--no-hints', '--schema', resolve(schema)]
const generation = spawnSync(node, [prisma, ...args], {
  cwd: root,
  encoding: 'utf8',
  env: {
    ...process.env,
    // Generating needs no schema engine, but Prisma downloads one unless a path is given. Any
    // executable works, for this child only: elsewhere it would be used as the engine.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    CHECKPOINT_DISABLE: '1',
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
  },
})

if (generation.status !== 0) {
  process.stderr.write(`Prisma could not generate its client from ${schema}.\n`)
  process.stderr.write(generation.stdout ?? '')
  process.stderr.write(generation.stderr ?? String(generation.error))
  process.exit(1)
}
