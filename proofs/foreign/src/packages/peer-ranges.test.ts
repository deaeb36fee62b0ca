import { readFile } from 'node:fs/promises'
import { intersects } from 'semver'
import { expect, test } from 'vitest'
import { type Published, published } from './packed.ts'

/**
 * What generators of the supported frameworks write into a new project. npm, unlike pnpm, refuses to
 * install a package whose peers do not fit.
 */
const generated = {
  'express-generator 4.16.1': { express: '~4.16.1' },
  'fastify-cli 8.0.2': { fastify: '^5.0.0' },
  'create-hono 0.19.5': { hono: '^4.0.0' },
  'create-next-app 16.4.3': { react: '19.3.0' },
  'create-t3-app 7.40.0 with Prisma': {
    '@prisma/client': '^6.6.0',
    '@tanstack/react-query': '^5.69.0',
    '@trpc/client': '^11.0.0',
    '@trpc/server': '^11.0.0',
    react: '^19.0.0',
  },
  'create-t3-app 7.40.0 with Drizzle': { 'drizzle-orm': '^0.41.0' },
} as const

test.for(Object.entries(generated))(
  'npm installs the packages into a project of %s',
  async ([, dependencies]) => {
    const peers = Object.assign({}, ...(await Promise.all(published.map(peersOf))))
    for (const [name, range] of Object.entries(dependencies)) {
      expect(peers).toHaveProperty([name])
      expect(intersects(range, peers[name]), `${name} ${range}`).toBe(true)
    }
  },
)

async function peersOf(name: Published): Promise<Record<string, string>> {
  const manifest = new URL(`../../../../packages/${name}/package.json`, import.meta.url)
  return JSON.parse(await readFile(manifest, 'utf8')).peerDependencies
}
