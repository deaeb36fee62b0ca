import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { root } from '../workspace.mjs'

test('a first start without a network exits with code 1 and a readable error', async () => {
  const home = mkdtempSync(join(tmpdir(), 'idem-install-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  for (const path of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'scripts']) {
    cpSync(join(root, path), join(home, path), { recursive: true })
  }
  const { status, stderr } = spawnSync(process.execPath, ['scripts/start.mjs'], {
    cwd: home,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      HOME: home,
      npm_config_cache: join(home, 'cache'),
      npm_config_registry: `http://127.0.0.1:${await closedPort()}/`,
      // Otherwise npm retries for a minute.
      npm_config_fetch_retries: '0',
    },
  })
  expect(status).toBe(1)
  expect(stderr).toContain('ECONNREFUSED')
  expect(stderr.trim().split('\n').at(-1)).toBe(
    'The packages could not be installed; the reason is above. The first start needs the npm registry: check the network or your proxy and try again.',
  )
}, 60_000)

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(Object(server.address()).port))
  })
  server.close()
  return port
}
