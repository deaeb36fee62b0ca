import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startEmbeddedPostgres } from './start-embedded-postgres.ts'

/** A data folder as a first start leaves it, to copy: initdb takes nearly all the time of a first start. */
export async function testDataDir() {
  const parent = await mkdtemp(join(tmpdir(), 'idem-first-start-'))
  await chmod(parent, 0o755)
  const dataDir = join(parent, 'data')
  await (await startEmbeddedPostgres({ dataDir })).stop()
  return {
    /** `cp` keeps the owner of the files, who may be another user. */
    copyTo: (target: string) => promisify(execFile)('cp', ['-a', dataDir, target]),
    [Symbol.asyncDispose]: () => rm(parent, { recursive: true }),
  }
}
