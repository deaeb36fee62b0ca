import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readEnvironment } from '../../apps/server/src/environment.ts'
import { root } from '../workspace.mjs'
import { commandsIn } from './docs-commands.ts'
import { docsWorld } from './docs-world.ts'

const page = readFileSync(join(root, 'docs/operating.md'), 'utf8')

// Runs npm a dozen times and starts several servers.
test('every command of docs/operating.md works', {
  timeout: 300_000,
}, async () => {
  await using world = await docsWorld()
  const commands = commandsIn(page)
  expect(commands.length).toBeGreaterThanOrEqual(13)
  for (const command of commands) await world.run(command)
})

test('the settings table of docs/operating.md is complete', () => {
  const table = [...page.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name)
  const known = [
    ...Object.keys(readEnvironment({})),
    'DATABASE_URL',
    'IDEM_METRICS_TOKEN',
    'IDEM_POOLER',
    'IDEM_PUBLIC_URL',
    'IDEM_SECRET',
    'IDEM_SECRET_PREVIOUS',
  ]
  expect(table.toSorted()).toEqual(known.toSorted())
})

test('docs/operating.md quotes startup errors that the code contains', () => {
  const sources = globSync(
    [
      'apps/server/src/**/*.ts',
      'packages/{database,embedded-postgres}/src/**/*.ts',
      'packages/idempotency/src/migrate/*.ts',
      'scripts/**/*.mjs',
    ],
    { cwd: root, exclude: (path) => path.includes('.test.') || path.includes('generated') },
  )
  const said = sources.map((path) => readFileSync(join(root, path), 'utf8')).join('\n')
  const sentences = [...page.slice(page.indexOf('| message |')).matchAll(/^\| `(.*?)` \|/gm)]
  expect(sentences.length).toBeGreaterThan(20)
  for (const [, sentence = ''] of sentences) expect(said).toContain(sentence)
})
