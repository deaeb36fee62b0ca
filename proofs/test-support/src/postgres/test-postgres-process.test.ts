import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('./test-postgres-process.ts', import.meta.url))

// The only link between the tests and their server: they hold its standard input open.
const holder = `
  const { spawn } = require('node:child_process')
  spawn(process.execPath, [${JSON.stringify(script)}], { detached: true, stdio: ['pipe', 'inherit', 'ignore'] })`

/** A test run with a server and a temporary folder, which shows what the run leaves behind. */
async function world() {
  const folder = await mkdtemp(join(tmpdir(), 'idem-tests-'))
  await chmod(folder, 0o755)
  const tests = spawn(process.execPath, ['-e', holder], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [url] = await once(createInterface(tests.stdout), 'line')
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return {
    folder,
    tests,
    /** Closed when the last process that could write to it is gone. */
    allGone: once(tests.stdout, 'close'),
    async [Symbol.asyncDispose]() {
      tests.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

test.each(['SIGKILL', 'SIGINT'] as const)(
  'a test run killed by %s leaves no server and no folder behind',
  async (signal) => {
    await using it = await world()
    expect(await readdir(it.folder)).not.toEqual([])
    it.tests.kill(signal)
    await it.allGone
    expect(await readdir(it.folder)).toEqual([])
  },
)
