import { once } from 'node:events'
import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
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

test('a postmaster.pid without its process names a server in another container while its socket accepts', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'idem-pid-'))
  const [data, socketDir] = [join(folder.path, 'postgres'), join(folder.path, 'socket')]
  for (const each of [data, socketDir]) await mkdir(each)
  const elsewhere = [process.pid, data, 1, 5432, '/data/socket', '', '', 'ready']
  await writeFile(join(data, 'postmaster.pid'), elsewhere.join('\n'))
  const server = createServer().listen(join(socketDir, '.s.PGSQL.5432'))
  await once(server, 'listening')
  expect(await findPostmaster(data)).toMatchObject({ socketDir, ready: true, isElsewhere: true })
  server.close()
  await once(server, 'close')
  expect(await findPostmaster(data)).toBeUndefined()
})
