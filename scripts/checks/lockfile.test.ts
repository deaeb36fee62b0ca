import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../workspace.mjs'

const lockfile = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
const packages = lockfile.slice(lockfile.indexOf('\npackages:'), lockfile.indexOf('\nsnapshots:'))

/** The versions of a package that the lockfile installs, oldest first. */
function versionsOf(name: string): number[][] {
  const key = new RegExp(`^  '?${name}@(\\d+)\\.(\\d+)\\.(\\d+)[^:(]*'?:`, 'gm')
  return [...packages.matchAll(key)].map(([, ...parts]) => parts.map(Number)).sort(compare)
}

function compare(one: number[], other: number[]): number {
  const at = one.findIndex((part, index) => part !== other[index])
  return at === -1 ? 0 : (one[at] ?? 0) - (other[at] ?? 0)
}

// Older versions have published vulnerabilities.
test.each([
  ['next', [16, 4, 5]],
  ['react', [19, 2, 6]],
  ['react-dom', [19, 2, 6]],
  ['@trpc/server', [11, 8, 0]],
  // Passkeys without user verification.
  ['better-auth', [1, 7, 16]],
  // SQL injection; the library of credentials installs it.
  ['kysely', [0, 28, 14]],
  // Reads files that a style sheet names, while the page is built.
  ['postcss', [8, 5, 23]],
  // Prototype pollution, or state of another request; Prisma's command line installs them.
  ['defu', [6, 1, 5]],
  ['effect', [3, 20, 0]],
  ['hono', [4, 13, 8]],
  ['@hono/node-server', [2, 0, 10]],
  // A password in the clear, and denial of service; Prisma's command line installs it.
  ['mysql2', [3, 23, 1]],
  // Memory of images; Next installs it.
  ['sharp', [0, 35, 4]],
  // A file or an address that a message names; proofs install it.
  ['nodemailer', [9, 1, 1]],
  // Validation of the body is skipped; proofs install it.
  ['fastify', [5, 8, 5]],
  // Another host than the one that was checked; fastify and the check of schemas install it.
  ['fast-uri', [3, 1, 8]],
  // Quadratic time; the generator of types installs it.
  ['js-yaml', [4, 3, 2]],
  // Identifiers that can be foreseen; PostCSS installs it.
  ['nanoid', [3, 3, 19]],
])('%s is installed in version %j or newer', (name, floor) => {
  const [oldest] = versionsOf(name)
  expect(oldest).toBeDefined()
  expect(compare(oldest ?? [], floor)).toBeGreaterThanOrEqual(0)
})

test('ws, where a dependency installs it, has version 8.21.0 or newer', () => {
  for (const version of versionsOf('ws')) {
    expect(compare(version, [8, 21, 0])).toBeGreaterThanOrEqual(0)
  }
})

// Prisma 8 has another command line than the generate script expects.
test.each(['prisma', '@prisma/client', '@prisma/adapter-pg'])('%s is below 8', (name) => {
  expect(versionsOf(name).map(([major]) => major)).toEqual([7])
})

test.each([
  ['tRPC', ['@trpc/server', '@trpc/client']],
  ['Prisma', ['prisma', '@prisma/client', '@prisma/adapter-pg']],
  ['React', ['react', 'react-dom']],
])('the packages of %s have the same version', (_, [first = '', ...others]) => {
  expect(versionsOf(first)).not.toEqual([])
  for (const other of others) expect(versionsOf(other)).toEqual(versionsOf(first))
})

// A URL would tie every install to the registry with which the lockfile was written.
test.each([
  'pnpm-lock.yaml',
  'proofs/foreign/t3/pnpm-lock.yaml',
  'proofs/speed/peers/pnpm-lock.yaml',
])('the lockfile %s contains no URL', (path) => {
  expect(readFileSync(join(root, path), 'utf8')).not.toMatch(/https?:|tarball:|registry/)
})
