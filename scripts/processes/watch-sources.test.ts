import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { watchSources } from './watch-sources.mjs'

/** A server that depends on todos, with sources in subfolders. */
function checkout() {
  const home = mkdtempSync(join(tmpdir(), 'idem-watch-'))
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), text)
  }
  const manifest = (name: string, dependencies = {}) => JSON.stringify({ name, dependencies })
  write('apps/server/package.json', manifest('@idem/server', { '@idem/todos': 'workspace:*' }))
  write('packages/todos/package.json', manifest('@idem/todos'))
  for (const path of [
    'apps/server/src/http/routes.ts',
    'packages/todos/src/list/list.ts',
    'packages/todos/src/list/list.test.ts',
    'packages/todos/src/generated/client.ts',
    'prisma/migrations/one/migration.sql',
  ]) {
    write(path, '')
  }
  const sources = watchSources('@idem/server', home)
  onTestFinished(() => {
    sources.close()
    rmSync(home, { recursive: true })
  })
  return { write, change: sources.change() }
}

test.each([
  'apps/server/src/main.ts',
  'apps/server/src/http/routes.ts',
  'packages/todos/src/list/list.ts',
  'prisma/migrations/one/migration.sql',
])('a change of %s is reported', async (path) => {
  const { write, change } = checkout()
  write(path, 'changed')
  expect(await change).toBe('changed')
})

test.each(['packages/todos/src/list/list.test.ts', 'packages/todos/src/generated/client.ts'])(
  'a change of %s is not reported',
  async (path) => {
    const { write, change } = checkout()
    write(path, 'changed')
    expect(await Promise.race([change, pause(300, 'nothing')])).toBe('nothing')
  },
)
