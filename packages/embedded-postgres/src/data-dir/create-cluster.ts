import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { link, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from '../os-user/binaries.ts'
import { giveTo, type OsUser } from '../os-user/os-user.ts'
import { passFd } from '../os-user/pass-fd.ts'
import { isRunning } from '../server/process-state.ts'
import { fsyncDir } from './fsync-dir.ts'
import { removeWithRetries } from './remove-with-retries.ts'

export type ClusterSettings = {
  readonly dataDir: string
  readonly path: string
  readonly passwordFile: string
  readonly binaries: Binaries
  readonly user: OsUser | undefined
}

const draftPrefix = 'postgres.new-'

/** Runs initdb in a draft folder and renames it when complete, so an interrupted start leaves no half-made data. */
export async function createCluster(settings: ClusterSettings): Promise<void> {
  const { dataDir, path, user } = settings
  await removeAbandonedDrafts(dataDir)
  await writePassword(settings)
  const draft = join(dataDir, `${draftPrefix}${process.pid}`)
  await mkdir(draft, { mode: 0o700 })
  await giveTo(user, draft)
  try {
    await runInitdb(settings, draft)
    await rename(draft, path)
    await fsyncDir(dataDir)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // Another process created the same folder first; both use the same password.
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

async function removeAbandonedDrafts(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(draftPrefix) || isRunning(Number(name.slice(draftPrefix.length)))) continue
    await removeWithRetries(join(dataDir, name))
  }
}

/** Written once and never overwritten: two processes that start together both use the first one's password. */
async function writePassword({ passwordFile, user }: ClusterSettings): Promise<void> {
  const draft = `${passwordFile}.${process.pid}`
  await writeFile(draft, randomBytes(24).toString('base64url'), { mode: 0o600, flush: true })
  await giveTo(user, draft)
  await link(draft, passwordFile).catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft)
}

async function runInitdb(settings: ClusterSettings, draft: string): Promise<void> {
  const { binaries, passwordFile, user } = settings
  await using folder = await passFd(user, draft, 3)
  await using password = await passFd(user, passwordFile, 4)
  const initdb = spawn(binaries.initdb, initdbArguments(folder.name, password.name), {
    ...user,
    cwd: '/',
    // initdb ignores NODE_ENV; Next's types require it in every environment.
    env: { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C', NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'pipe', folder.stdio, password.stdio],
  })
  let stderr = ''
  initdb.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  const [code] = await once(initdb, 'close').catch((error) => [String(error)])
  if (code !== 0) throw initdbError(settings, stderr.trim() || `initdb exited with ${code}`)
}

function initdbError({ dataDir }: ClusterSettings, stderr: string): Error {
  return new Error(
    /No space left on device|free disk space/.test(stderr)
      ? `There is not enough space in ${dataDir} for a database, which needs about 50 MB; free space there, or set IDEM_DATA_DIR to a folder on another disk.`
      : `PostgreSQL could not create its data in ${dataDir}:\n${stderr}\nFix that and start again, or set DATABASE_URL to a PostgreSQL of your own.`,
  )
}

function initdbArguments(folder: string, passwordFile: string): string[] {
  return [
    `--pgdata=${folder}`,
    '--username=idem',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    // Order and case follow Unicode code points: the same on every machine and with every C library.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--data-checksums',
    '--no-instructions',
  ]
}
