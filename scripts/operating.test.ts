import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readEnvironment } from '../apps/server/src/environment.ts'
import { commandsIn } from './docs-commands.ts'
import { docsWorld } from './docs-world.ts'
import { root } from './house.mjs'

const page = readFileSync(join(root, 'docs/operating.md'), 'utf8')

// A dozen times npm, and a few servers.
test('every command of docs/operating.md does what it is there for', {
  timeout: 300_000,
}, async () => {
  await using world = await docsWorld()
  const commands = commandsIn(page)
  expect(commands.length).toBeGreaterThanOrEqual(13)
  for (const command of commands) await world.run(command)
})

test('its settings are all there are', () => {
  const table = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name)
  const known = [
    ...Object.keys(readEnvironment({})),
    'DATABASE_URL',
    'IDEM_METRICS_TOKEN',
    'IDEM_POOLER',
  ]
  expect(table.toSorted()).toEqual(known.toSorted())
})

test('what it says of a failed start is what is said', () => {
  const sources = globSync(
    ['apps/server/src/*.ts', 'packages/{database,embedded-postgres}/src/**/*.ts', 'scripts/*.mjs'],
    { cwd: root, exclude: (path) => path.includes('.test.') || path.includes('generated') },
  )
  const said = sources.map((path) => readFileSync(join(root, path), 'utf8')).join('\n')
  const sentences = [...page.slice(page.indexOf('| it says |')).matchAll(/^\| `(.*?)` \|/gm)]
  expect(sentences.length).toBeGreaterThan(20)
  for (const [, sentence = ''] of sentences) expect(said).toContain(sentence)
})
