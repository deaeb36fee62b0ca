import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { noteDeletedOwners, readDeletedOwners } from './deleted-owners-file.ts'

test('the list of deleted owners in a folder has each owner once, and may be missing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'idem-deleted-'))
  expect(await readDeletedOwners(folder)).toEqual([])
  await noteDeletedOwners(folder, [])
  await noteDeletedOwners(folder, ['ann'])
  await noteDeletedOwners(folder, ['bob', 'ann'])
  expect(await readDeletedOwners(folder)).toEqual(['ann', 'bob'])
  await rm(folder, { recursive: true })
  await expect(noteDeletedOwners(folder, ['ann'])).rejects.toThrow('could not be written')
})
