import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { clearAbandonedRestores, exchangeData, finishRestore } from './exchange-data.ts'
import { replaceData } from './replace-data.ts'

/** Folders with one word in each, in place of data. */
async function world() {
  const dataDir = await mkdtemp(join(tmpdir(), 'idem-exchange-'))
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

test('new data take the place of the old, which are kept', async () => {
  await using it = await world()
  await it.put('postgres', 'old')
  await it.put('built', 'new')
  const aside = await exchangeData(it.dataDir, join(it.dataDir, 'built'))
  expect(await it.word('postgres')).toBe('new')
  expect(aside).toMatch(/postgres\.before-\d{4}-[\d-]+T[\d.-]+Z$/)
  expect(await readFile(join(String(aside), 'word'), 'utf8')).toBe('old')
  expect(await it.names()).toHaveLength(2)
})

test('where no data are, none are moved aside', async () => {
  await using it = await world()
  await it.put('built', 'new')
  expect(await exchangeData(it.dataDir, join(it.dataDir, 'built'))).toBeUndefined()
  expect(await it.names()).toEqual(['postgres'])
})

test('an exchange killed before the old data left their place never happened', async () => {
  await using it = await world()
  await it.put('postgres', 'old')
  await it.put(`postgres.restored-${await deadPid()}`, 'new')
  await finishRestore(it.dataDir)
  await clearAbandonedRestores(it.dataDir)
  expect(await it.word('postgres')).toBe('old')
  expect(await it.names()).toEqual(['postgres'])
})

test('an exchange killed after that is ended by the next start', async () => {
  await using it = await world()
  await it.put('postgres.before-yesterday', 'old')
  await it.put(`postgres.restored-${await deadPid()}`, 'new')
  await finishRestore(it.dataDir)
  await clearAbandonedRestores(it.dataDir)
  expect(await it.word('postgres')).toBe('new')
  expect(await it.names()).toEqual(['postgres', 'postgres.before-yesterday'])
})

test('an exchange killed after that is ended by the next restore as well, which may fail', async () => {
  await using it = await world()
  await it.put('postgres.before-yesterday', 'old')
  await it.put(`postgres.restored-${await deadPid()}`, 'new')
  const fill = () => Promise.reject(new Error('the disk is full'))
  await expect(replaceData({ dataDir: it.dataDir, fill })).rejects.toThrow('the disk is full')
  expect(await it.word('postgres')).toBe('new')
})

test('what a restore under way has built so far is left to it', async () => {
  await using it = await world()
  await it.put(`restoring-${process.pid}`, 'half')
  await it.put(`restoring-${await deadPid()}`, 'half')
  await clearAbandonedRestores(it.dataDir)
  expect(await it.names()).toEqual([`restoring-${process.pid}`])
})

test('what an orphan is still writing to is cleared away all the same', async () => {
  await using it = await world()
  const abandoned = join(it.dataDir, `restoring-${await deadPid()}`)
  await mkdir(abandoned)
  const orphan = spawn(process.execPath, ['--eval', writing, abandoned], { stdio: 'pipe' })
  await once(orphan.stdout, 'data')
  await clearAbandonedRestores(it.dataDir)
  expect(await it.names()).toEqual([])
  orphan.kill('SIGKILL')
})

/** So many folders that some more are there by the time those are removed that were found at first. */
const writing = `
  const { mkdirSync } = require('node:fs')
  for (let n = 0; n < 20000; n += 1) {
    mkdirSync(process.argv[1] + '/' + n)
    if (n === 2000) console.log('begun')
  }`
