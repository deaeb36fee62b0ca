import { createHash } from 'node:crypto'
import { chmod, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeSocketDir } from './socket-dir.ts'

/** A data folder whose path is too long for a socket, and the short folder used instead. */
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

test('a short private folder is used when the path of the data folder is too long', async () => {
  await using it = longPath()
  expect(await makeSocketDir(it.dataDir, undefined)).toBe(it.short)
  expect((await stat(it.short)).mode & 0o777).toBe(0o700)
  expect(await makeSocketDir(it.dataDir, undefined)).toBe(it.short)
})

test('an existing socket folder that other users may enter is refused with a readable error', async () => {
  await using it = longPath()
  await mkdir(it.short)
  await chmod(it.short, 0o755)
  await expect(makeSocketDir(it.dataDir, undefined)).rejects.toThrow(
    `${it.short} must contain the database's socket, but it is not a private folder of PostgreSQL's user; remove it or set TMPDIR to another folder.`,
  )
})
