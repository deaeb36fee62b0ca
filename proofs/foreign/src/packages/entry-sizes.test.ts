import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { describe, expect, test } from 'vitest'
import { type Published, published } from './packed.ts'

/** What the entry point exports, in at most so many bytes with all that it imports except `peers`. */
type Entry = {
  readonly contains: string
  readonly mostBytes: number
  readonly peers: readonly string[]
}

type Package = {
  readonly platform: 'browser' | 'node'
  readonly entries: Readonly<Record<string, Entry>>
  /** The most bytes that an entry point adds for a project that has another one already. */
  readonly additions: Readonly<Record<string, { readonly to: string; readonly mostBytes: number }>>
}

/** Bytes are minified and compressed. */
const packages: Record<Published, Package> = {
  // A function in the cloud loads the whole of it before its first answer.
  idempotency: {
    platform: 'node',
    entries: {
      '.': { contains: 'createIdempotency', mostBytes: 11_965, peers: [] },
      './batch': { contains: 'batchPool', mostBytes: 8_900, peers: [] },
      './drizzle': { contains: 'drizzleAdapter', mostBytes: 4_125, peers: [] },
      './next': { contains: 'NEXT_REDIRECT', mostBytes: 1_100, peers: [] },
      './express': { contains: 'Idempotency-Key', mostBytes: 2_150, peers: [] },
      './fastify': { contains: 'Idempotency-Key', mostBytes: 2_000, peers: [] },
      './hono': { contains: 'Idempotency-Key', mostBytes: 1_950, peers: [] },
      './migrate': { contains: 'idem tables', mostBytes: 1_950, peers: [] },
      './pg': { contains: 'pgAdapter', mostBytes: 4_160, peers: [] },
      './prisma': { contains: 'prismaAdapter', mostBytes: 5_805, peers: [] },
      './server': { contains: 'acceptanceWindow', mostBytes: 9_000, peers: [] },
      './trpc': { contains: 'refusalData', mostBytes: 2_020, peers: ['@trpc/server'] },
    },
    additions: {
      './batch': { to: '.', mostBytes: 6_050 },
      './drizzle': { to: '.', mostBytes: 3_620 },
      './next': { to: '.', mostBytes: 840 },
      './express': { to: '.', mostBytes: 1_800 },
      './fastify': { to: '.', mostBytes: 1_650 },
      './hono': { to: '.', mostBytes: 1_600 },
      './pg': { to: '.', mostBytes: 3_540 },
      './prisma': { to: '.', mostBytes: 5_150 },
      './trpc': { to: '.', mostBytes: 1_100 },
    },
  },
  // Each page pays for them before anything can be typed.
  outbox: {
    platform: 'browser',
    entries: {
      '.': { contains: 'createOutbox', mostBytes: 7_660, peers: [] },
      './device': { contains: 'deleteOutbox', mostBytes: 600, peers: [] },
      './fetch': { contains: 'idempotentFetch', mostBytes: 1_065, peers: [] },
      './key': { contains: 'mintKey', mostBytes: 400, peers: [] },
      './next': { contains: 'useActionState', mostBytes: 1_660, peers: ['react'] },
      './react': { contains: 'useIntent', mostBytes: 1_110, peers: ['react'] },
      './tanstack-query': { contains: 'mutationOptions', mostBytes: 350, peers: [] },
      './trpc': {
        contains: 'idempotencyLink',
        mostBytes: 1_500,
        peers: ['@trpc/server/observable'],
      },
    },
    additions: {
      './fetch': { to: '.', mostBytes: 650 },
      './tanstack-query': { to: '.', mostBytes: 180 },
      './trpc': { to: '.', mostBytes: 1_000 },
    },
  },
  check: {
    platform: 'node',
    entries: { '.': { contains: 'with one key', mostBytes: 8_000, peers: [] } },
    additions: {},
  },
}

describe.for(published)('@idem/%s', (name) => {
  const { entries, additions } = packages[name]

  test('each entry point has a limit', async () => {
    expect(Object.keys(entries)).toEqual(Object.keys(await sourcesOf(name)))
  })

  test.for(Object.entries(entries))('%s has at most its size', async ([path, entry]) => {
    const { code, imports } = await bundled(name, [path])
    expect(imports.filter((module) => !module.startsWith('node:'))).toEqual(entry.peers)
    expect(code).toContain(entry.contains)
    expect(sizeOf(code)).toBeLessThanOrEqual(entry.mostBytes)
  })

  test.for(Object.entries(additions))('%s adds at most its size', async ([path, addition]) => {
    const { to, mostBytes } = addition
    const [before, both] = await Promise.all([bundled(name, [to]), bundled(name, [to, path])])
    expect(sizeOf(both.code) - sizeOf(before.code)).toBeLessThanOrEqual(mostBytes)
  })
})

const folderOf = (name: Published) => new URL(`../../../../packages/${name}/`, import.meta.url)

async function sourcesOf(name: Published): Promise<Record<string, string>> {
  return JSON.parse(await readFile(new URL('package.json', folderOf(name)), 'utf8')).exports
}

async function bundled(name: Published, paths: readonly string[]) {
  const { platform, entries } = packages[name]
  const sources = await sourcesOf(name)
  const source = paths
    .map((path) => fileURLToPath(new URL(sources[path] ?? '', folderOf(name))))
    .map((file) => `export * from ${JSON.stringify(file)}`)
    .join('\n')
  const plugins = [
    {
      name: 'entry',
      resolveId: (id: string) => (id === 'entry' ? id : null),
      load: (id: string) => (id === 'entry' ? source : null),
    },
  ]
  const external = Object.values(entries).flatMap(({ peers }) => peers)
  await using build = await rolldown({ input: 'entry', platform, external, plugins })
  const { output } = await build.generate({ format: 'esm', minify: true, comments: false })
  return output[0]
}

function sizeOf(code: string): number {
  return gzipSync(code, { level: 9 }).length
}
