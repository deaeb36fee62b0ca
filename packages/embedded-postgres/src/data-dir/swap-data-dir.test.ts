import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replaceData } from '../replace-data.ts'
import { finishSwap, removeAbandonedRestores, swapDataDir } from './swap-data-dir.ts'

/** Folders that hold one word each, in place of data. */
async function world() {
  const dataDir = await mkdtemp(join(tmpdir(), 'idem-swap-'))
  return {
    dataDir,
    async put(name: string, word: string) {
      await mkdir(join(dataDir, name), { recursive: true })
      await writeFile(join(dataDir, name, 'word'), word)
    },
    names: async () => (await readdir(dataDir)).sort(),
    word: (name: string) => readFile(join(dataDir, name, 'word'), 'utf8'),
    [Symbol.asyncDispose]: () => rm(dataDir, { recursive: true }),
  }
}

async function deadPid(): Promise<number> {
  const gone = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(gone, 'exit')
  return Number(gone.pid)
}

test('a swap replaces the old data and keeps them under another name', async () => {
  await using it = await world()
  await it.put('postgres', 'old')
  await it.put('built', 'new')
  const backup = await swapDataDir(it.dataDir, join(it.dataDir, 'built'))
  expect(await it.word('postgres')).toBe('new')
  expect(backup).toMatch(/postgres\.before-\d{4}-[\d-]+T[\d.-]+Z$/)
  expect(await readFile(join(String(backup), 'word'), 'utf8')).toBe('old')
  expect(await it.names()).toHaveLength(2)
})

test('a swap into an empty data folder moves nothing away', async () => {
  await using it = await world()
  await it.put('built', 'new')
  expect(await swapDataDir(it.dataDir, join(it.dataDir, 'built'))).toBeUndefined()
  expect(await it.names()).toEqual(['postgres'])
})

test('a swap killed before the old data were moved away changes nothing', async () => {
  await using it = await world()
  await it.put('postgres', 'old')
  await it.put(`postgres.restored-${await deadPid()}`, 'new')
  await finishSwap(it.dataDir)
  await removeAbandonedRestores(it.dataDir)
  expect(await it.word('postgres')).toBe('old')
  expect(await it.names()).toEqual(['postgres'])
})

test('a swap killed after the old data were moved away is finished by the next start', async () => {
  await using it = await world()
  await it.put('postgres.before-yesterday', 'old')
  await it.put(`postgres.restored-${await deadPid()}`, 'new')
  await finishSwap(it.dataDir)
  await removeAbandonedRestores(it.dataDir)
  expect(await it.word('postgres')).toBe('new')
  expect(await it.names()).toEqual(['postgres', 'postgres.before-yesterday'])
})

test('a swap killed after the old data were moved away is finished by the next restore, even if that fails', async () => {
  await using it = await world()
  await it.put('postgres.before-yesterday', 'old')
  await it.put(`postgres.restored-${await deadPid()}`, 'new')
  const fill = () => Promise.reject(new Error('the disk is full'))
  await expect(replaceData({ dataDir: it.dataDir, fill })).rejects.toThrow('the disk is full')
  expect(await it.word('postgres')).toBe('new')
})

test('a restore that is still running keeps its unfinished data', async () => {
  await using it = await world()
  await it.put(`restoring-${process.pid}`, 'half')
  await it.put(`restoring-${await deadPid()}`, 'half')
  await removeAbandonedRestores(it.dataDir)
  expect(await it.names()).toEqual([`restoring-${process.pid}`])
})

test('the folder of a killed restore is removed while an orphaned initdb still writes to it', async () => {
  await using it = await world()
  const abandoned = join(it.dataDir, `restoring-${await deadPid()}`)
  await mkdir(abandoned)
  const orphan = spawn(process.execPath, ['--eval', writing, abandoned], { stdio: 'pipe' })
  await once(orphan.stdout, 'data')
  await removeAbandonedRestores(it.dataDir)
  expect(await it.names()).toEqual([])
  orphan.kill('SIGKILL')
})

/** It makes so many folders that new ones appear while the first ones are being removed. */
const writing = `
  const { mkdirSync } = require('node:fs')
  for (let n = 0; n < 20000; n += 1) {
    mkdirSync(process.argv[1] + '/' + n)
    if (n === 2000) console.log('begun')
  }`
