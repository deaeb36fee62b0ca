import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'

/** Each page pays for it before anything can be typed. */
const mostBytes = 7_000

test('the entry point, with all that it imports, is at most 7 kB, minified and compressed', async () => {
  const input = fileURLToPath(new URL('index.ts', import.meta.url))
  await using build = await rolldown({ input, platform: 'browser' })
  const { output } = await build.generate({ format: 'esm', minify: true, comments: false })
  const [{ code, imports }] = output
  expect(imports).toEqual([])
  expect(code).toContain('createOutbox')
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(mostBytes)
})
