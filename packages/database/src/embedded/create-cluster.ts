import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { link, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { type DatabaseUser, giveTo } from './database-user.ts'
import { handOver } from './handover.ts'
import { isRunning } from './process-state.ts'
import { removeStubborn } from './remove-stubborn.ts'
import { syncFolder } from './sync-folder.ts'

export type ClusterSettings = {
  readonly dataDir: string
  readonly path: string
  readonly passwordFile: string
  readonly binaries: Binaries
  readonly user: DatabaseUser | undefined
}

const unfinished = 'postgres.new-'

/** Makes the data under another name and moves it into place when complete, so a start cut short leaves nothing half made. */
export async function createCluster(settings: ClusterSettings): Promise<void> {
  const { dataDir, path, user } = settings
  await removeUnfinished(dataDir)
  await writePassword(settings)
  const making = join(dataDir, `${unfinished}${process.pid}`)
  await mkdir(making, { mode: 0o700 })
  await giveTo(user, making)
  try {
    await runInitdb(settings, making)
    await rename(making, path)
    await syncFolder(dataDir)
  } catch (error) {
    await rm(making, { recursive: true, force: true })
    // Another process was quicker with the same folder; the password is the same for both.
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

async function removeUnfinished(dataDir: string): Promise<void> {
  for (const name of await readdir(dataDir)) {
    if (!name.startsWith(unfinished) || isRunning(Number(name.slice(unfinished.length)))) continue
    await removeStubborn(join(dataDir, name))
  }
}

/** Written once and never overwritten: of two processes that start together, both use the first one's. */
async function writePassword({ passwordFile, user }: ClusterSettings): Promise<void> {
  const draft = `${passwordFile}.${process.pid}`
  await writeFile(draft, randomBytes(24).toString('base64url'), { mode: 0o600, flush: true })
  await giveTo(user, draft)
  await link(draft, passwordFile).catch((error) => {
    if (error.code !== 'EEXIST') throw error
  })
  await rm(draft)
}

async function runInitdb(settings: ClusterSettings, making: string): Promise<void> {
  const { binaries, passwordFile, user } = settings
  await using folder = await handOver(user, making, 3)
  await using password = await handOver(user, passwordFile, 4)
  const initdb = spawn(binaries.initdb, initdbArguments(folder.name, password.name), {
    ...user,
    cwd: '/',
    // NODE_ENV means nothing to initdb; where Next's types are loaded every environment must have one.
    env: { PATH: process.env.PATH, TZ: 'UTC', LC_ALL: 'C', NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'pipe', folder.stdio, password.stdio],
  })
  let complaint = ''
  initdb.stderr?.on('data', (chunk) => {
    complaint += chunk
  })
  const [code] = await once(initdb, 'close').catch((error) => [String(error)])
  if (code !== 0) throw failure(settings, complaint.trim() || `initdb ended with ${code}`)
}

function failure({ dataDir }: ClusterSettings, complaint: string): Error {
  return new Error(
    /No space left on device|free disk space/.test(complaint)
      ? `There is not enough room in ${dataDir} for a database, which begins with some 50 MB; make room, or set IDEM_DATA_DIR to a folder on another disk.`
      : `PostgreSQL could not lay out its data in ${dataDir}. It said:\n${complaint}\nMend that and start again, or set DATABASE_URL to a PostgreSQL of your own.`,
  )
}

function initdbArguments(folder: string, passwordFile: string): string[] {
  return [
    `--pgdata=${folder}`,
    '--username=idem',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
    '--encoding=UTF8',
    // Order and case follow Unicode code points, the same on every machine and in every release of its C library.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--data-checksums',
    '--no-instructions',
  ]
}
