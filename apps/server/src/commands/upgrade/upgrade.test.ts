import { execFile } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from '@idem/test-support/free-port'
import { expect, test, vi } from 'vitest'
import { usedWorlds } from '../test-server-world.ts'

vi.setConfig({ testTimeout: 120_000 })

const usedWorld = usedWorlds()
const idem = fileURLToPath(new URL('../../idem.ts', import.meta.url))

/** Stops the server of before, as systemd does, and starts the release behind the link. */
const restart = `
pid=$(cat pid 2> /dev/null)
kill "$pid" 2> /dev/null
while kill -0 "$pid" 2> /dev/null && ! grep -q '^State:.Z' "/proc/$pid/status"; do sleep 0.05; done
[ "$1" = only-stop ] && exit
timeout 100 current/bin/idem serve > log 2>&1 &
echo $! > pid
`

/** A machine on which the release `one` serves behind a link. */
async function world() {
  const it = await usedWorld()
  const port = await freePort()
  const url = `http://localhost:${port}`
  const file = (...path: string[]) => join(it.folder, ...path)
  const sh = (text: string, words: string[] = []) =>
    promisify(execFile)('sh', ['-c', text, 'sh', ...words], {
      cwd: it.folder,
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
        NODE_ENV: 'production',
        PORT: String(port),
        IDEM_DATA_DIR: it.dataDir,
      },
    })

  /** `first` are lines of a shell, before the release is what this checkout is. */
  async function release(name: string, first = '') {
    await mkdir(file(name, 'bin'), { recursive: true })
    const program = file(name, 'bin/idem')
    const settings = `--env-file-if-exists=${file(name, 'idem.env')}`
    await writeFile(
      program,
      `#!/bin/sh\n${first}\nexec ${process.execPath} ${settings} ${idem} "$@"\n`,
    )
    await chmod(program, 0o755)
  }

  await release('one')
  await symlink(file('one'), file('current'))
  await writeFile(file('one/idem.env'), 'IDEM_KEY_RETENTION_HOURS=48\n')
  return {
    ...it,
    url,
    file,
    release,
    restart: () => sh(restart),
    current: () => readlink(file('current')),
    retention: async () => {
      const answer = await fetch(`${url}/api/trpc/policy`)
      return Object(await answer.json()).result.data.keyRetentionHours
    },
    /** Run by the old release, whose settings are then in the environment. */
    upgrade: (name: string, ...options: string[]) =>
      sh('exec current/bin/idem upgrade "$@"', [
        ...[file(name), '--link', file('current'), '--restart', restart, ...options],
      ]).then(
        () => ({ code: 0, errorOutput: '' }),
        ({ code, stderr }) => ({ code, errorOutput: String(stderr) }),
      ),
    async [Symbol.asyncDispose]() {
      await sh(restart, ['only-stop'])
      await it[Symbol.asyncDispose]()
    },
  }
}

test('a release that does not start gives way to the old code, and one that starts keeps its own settings', async () => {
  await using it = await world()
  await it.restart()
  await expect.poll(ready(it.url), { timeout: 30_000 }).toBe(true)
  const add = (key: string) =>
    fetch(`${it.url}/todos`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ title: 'Milk' }),
    })
  const before = await (await add('before')).text()

  await it.release('broken', 'if [ "$1" = serve ]; then exit 1; fi')
  const failed = await it.upgrade('broken', '--within', '1')
  expect(failed.code).toBe(1)
  expect(failed.errorOutput).toMatch(
    /0\.1\.0 did not become ready, so 0\.1\.0 serves again, with all data/,
  )
  expect(await it.current()).toBe(it.file('one'))
  const replayed = await add('before')
  expect(replayed.headers.get('idempotent-replayed')).toBe('true')
  expect(await replayed.text()).toBe(before)

  await it.release('two')
  await writeFile(it.file('two/idem.env'), 'IDEM_KEY_RETENTION_HOURS=72\n')
  expect(await it.upgrade('two')).toMatchObject({ code: 0, errorOutput: '' })
  expect(await it.current()).toBe(it.file('two'))
  expect(await it.retention()).toBe(72)
  expect(await (await add('before')).text()).toBe(before)
  // The broken one had no settings, and got those of the old one.
  expect(await readFile(it.file('broken/idem.env'), 'utf8')).toContain('48')
  expect((await readdir(it.folder)).filter((name) => name.endsWith('.backup'))).toHaveLength(2)
})

test.for([
  ['it refuses its settings', { settings: 'IDEM_NEW=1' }, /IDEM_NEW: unknown setting/],
  [
    'there is no way back from it',
    { version: '{"version":"0.2.0","requirements":["accounts","sharding"]}' },
    /no way back from 0\.2\.0: .*sharding.*--no-way-back/,
  ],
] as const)(
  'a release is not started, and nothing is changed, when %s',
  async ([, next, reason]) => {
    await using it = await world()
    const { settings = '', version = '' }: { settings?: string; version?: string } = next
    await it.release('two', version && `[ "$1" = version ] && { echo '${version}'; exit; }`)
    if (settings !== '') await writeFile(it.file('two/idem.env'), settings)
    const refused = await it.upgrade('two')
    expect(refused).toMatchObject({ code: 1, errorOutput: expect.stringMatching(reason) })
    expect(await it.current()).toBe(it.file('one'))
    expect((await readdir(it.folder)).filter((name) => name.endsWith('.backup'))).toEqual([])
  },
)

function ready(url: string) {
  return async () => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok === true
}
