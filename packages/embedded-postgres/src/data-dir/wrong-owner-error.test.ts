import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mustBeOwned } from './wrong-owner-error.ts'

test('a folder of another user gives the command that changes its owner', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'idem-owner-'))
  const { uid } = await stat(dataDir)
  const path = dataDir
  await expect(mustBeOwned(path, dataDir, { uid: uid + 1, gid: 1000 })).rejects.toThrow(
    `belongs to user ${uid}, but this process runs as user ${uid + 1}; as root run "chown -R ${uid + 1}:1000 ${dataDir}"`,
  )
  await mustBeOwned(path, dataDir, { uid, gid: 1000 })
  await mustBeOwned(path, dataDir, { uid: 0, gid: 0 })
  await rm(dataDir, { recursive: true })
})
