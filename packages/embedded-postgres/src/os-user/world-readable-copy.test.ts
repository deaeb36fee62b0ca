import { execFile } from 'node:child_process'
import { chmod, cp, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { findBinaries } from './binaries.ts'
import { canAccess } from './can-access.ts'
import { osUserFor } from './os-user.ts'
import { worldReadableCopy } from './world-readable-copy.ts'

const run = promisify(execFile)

/** The binaries with owner-only modes, below a folder that no other user may enter. */
async function world() {
  const parent = await mkdtemp(join(tmpdir(), 'idem-binaries-'))
  const home = await mkdtemp(join(tmpdir(), 'idem-home-'))
  const user = await osUserFor(parent)
  const { postgres } = await findBinaries(user)
  const hidden = join(parent, 'native')
  await cp(dirname(dirname(postgres)), hidden, { recursive: true, verbatimSymlinks: true })
  await chmod(hidden, 0o700)
  await chmod(join(hidden, 'bin/postgres'), 0o700)
  return {
    user,
    hidden,
    home,
    target: join(home, 'postgres-18'),
    async [Symbol.asyncDispose]() {
      await rm(parent, { recursive: true })
      await rm(home, { recursive: true })
    },
  }
}

test("binaries below a private folder are copied to a path that PostgreSQL's user can execute", async () => {
  await using it = await world()
  expect(await canAccess(it.user, join(it.hidden, 'bin/postgres'))).toBe(it.user === undefined)
  const copy = join(await worldReadableCopy(it.hidden, it.target), 'bin/postgres')
  expect(await canAccess(it.user, copy)).toBe(true)
  const { stdout } = await run(copy, ['--version'], { ...it.user, cwd: '/' })
  expect(stdout).toBe('postgres (PostgreSQL) 18.4\n')
})

test('the copy is made once, also when several processes make it at the same time', async () => {
  await using it = await world()
  await Promise.all([
    worldReadableCopy(it.hidden, it.target),
    worldReadableCopy(it.hidden, it.target),
  ])
  const { ctimeMs } = await stat(it.target)
  await worldReadableCopy(it.hidden, it.target)
  expect((await stat(it.target)).ctimeMs).toBe(ctimeMs)
  expect(await readdir(it.home)).toEqual(['postgres-18'])
})
