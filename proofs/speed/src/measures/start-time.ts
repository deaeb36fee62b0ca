import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '@idem/test-support/free-port'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { startChild } from '../contenders/child.ts'

const root = new URL('../../../../', import.meta.url).pathname

/** The seconds from `npm start` to ready, on an existing data folder. */
export async function measureStart(times: number): Promise<number[]> {
  await using folder = await temporaryFolder()
  // Creates the database.
  await startTime(folder.path)
  const all: number[] = []
  for (let each = 0; each < times; each += 1) all.push(await startTime(folder.path))
  return all
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
