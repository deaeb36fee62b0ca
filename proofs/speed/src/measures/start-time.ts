import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '@idem/test-support/free-port'
import { startChild } from '../contenders/child.ts'

const root = new URL('../../../../', import.meta.url).pathname

/** The seconds from `npm start` to ready, on an existing data folder. */
export async function measureStart(times: number): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'idem-start-'))
  try {
    // Creates the database.
    await startTime(folder)
    const all: number[] = []
    for (let each = 0; each < times; each += 1) all.push(await startTime(folder))
    return all
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

async function startTime(folder: string): Promise<number> {
  const port = await freePort()
  const begun = performance.now()
  await using _ = await startChild({
    command: 'npm',
    args: ['start'],
    cwd: root,
    env: { PORT: String(port), IDEM_DATA_DIR: join(folder, 'data'), DATABASE_URL: undefined },
    log: join(folder, 'log'),
    port,
  })
  while (!(await isReady(port))) await pause(10)
  return (performance.now() - begun) / 1_000
}

async function isReady(port: number): Promise<boolean> {
  const { ok } = await fetch(`http://127.0.0.1:${port}/readyz`)
  return ok
}
