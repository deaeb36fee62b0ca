import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }

type Path = keyof typeof packageJson.exports

/**
 * Each page loads them before anything can be typed: bytes, minified and compressed,
 * with all that they import except `peers`.
 */
const entries: Record<Path, { mostBytes: number; contains: string; peers: string[] }> = {
  '.': { mostBytes: 7_000, contains: 'createOutbox', peers: [] },
  './fetch': { mostBytes: 1_000, contains: 'idempotentFetch', peers: [] },
  './key': { mostBytes: 400, contains: 'mintKey', peers: [] },
  './react': { mostBytes: 1_100, contains: 'useIntent', peers: ['react'] },
  './tanstack-query': { mostBytes: 7_400, contains: 'mutationOptions', peers: [] },
  './trpc': { mostBytes: 1_400, contains: 'idempotencyLink', peers: ['@trpc/server/observable'] },
}

test.each(Object.entries(entries))(
  '%s has at most its size',
  async (path, { mostBytes, contains, peers }) => {
    const { code, imports } = await bundled([path as Path], peers)
    expect(imports).toEqual(peers)
    expect(code).toContain(contains)
    expect(sizeOf(code)).toBeLessThanOrEqual(mostBytes)
  },
)

test('the tRPC link is at most 1 kB more for a page that has an outbox', async () => {
  const { peers } = entries['./trpc']
  const [outbox, both] = await Promise.all([bundled(['.'], peers), bundled(['.', './trpc'], peers)])
  expect(sizeOf(both.code) - sizeOf(outbox.code)).toBeLessThanOrEqual(1_000)
})

async function bundled(paths: readonly Path[], external: string[]) {
  const files = paths.map((path) =>
    fileURLToPath(new URL(`../${packageJson.exports[path]}`, import.meta.url)),
  )
  const source = files.map((file) => `export * from ${JSON.stringify(file)}`).join('\n')
  const plugins = [
    {
      name: 'entry',
      resolveId: (id: string) => (id === 'entry' ? id : null),
      load: (id: string) => (id === 'entry' ? source : null),
    },
  ]
  await using build = await rolldown({ input: 'entry', platform: 'browser', external, plugins })
  const { output } = await build.generate({ format: 'esm', minify: true, comments: false })
  return output[0]
}

function sizeOf(code: string): number {
  return gzipSync(code, { level: 9 }).length
}
