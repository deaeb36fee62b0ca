import { createHash } from 'node:crypto'
import { chmod, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeSocketFolder } from './socket-folder.ts'

/** A data folder whose path is too long, and the short one that stands in for it. */
function longPath() {
  const dataDir = `/tmp/${'a-long-name-of-a-folder-'.repeat(5)}${process.pid}`
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16)
  const short = join('/tmp', `idem-${process.getuid?.()}-${name}`)
  return {
    dataDir,
    short,
    [Symbol.asyncDispose]: () => rm(short, { recursive: true, force: true }),
  }
}

test('a short private folder stands in for one with too long a path', async () => {
  await using it = longPath()
  expect(await makeSocketFolder(it.dataDir, undefined)).toBe(it.short)
  expect((await stat(it.short)).mode & 0o777).toBe(0o700)
  expect(await makeSocketFolder(it.dataDir, undefined)).toBe(it.short)
})

test('a folder of that name that others may enter is not trusted, and a sentence says so', async () => {
  await using it = longPath()
  await mkdir(it.short)
  await chmod(it.short, 0o755)
  await expect(makeSocketFolder(it.dataDir, undefined)).rejects.toThrow(
    `${it.short} is to hold the database's socket, but it is not a private folder of the database's user; remove it or set TMPDIR to another folder.`,
  )
})
