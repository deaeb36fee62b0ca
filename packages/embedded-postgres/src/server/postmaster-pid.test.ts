import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findPostmaster, stalePid } from './postmaster-pid.ts'

test('a postmaster.pid with the pid of another living program names no server and is stale', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'idem-pid-'))
  const lines = [process.pid, folder.path, 1, 5432, '/tmp', '', '', 'ready']
  await writeFile(join(folder.path, 'postmaster.pid'), lines.join('\n'))
  expect(await findPostmaster(folder.path)).toBeUndefined()
  expect(await stalePid(folder.path)).toBe(String(process.pid))
})

test('a folder without postmaster.pid has no server and no stale pid', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'idem-pid-'))
  expect(await findPostmaster(folder.path)).toBeUndefined()
  expect(await stalePid(folder.path)).toBe('')
})
