import { setTimeout as pause } from 'node:timers/promises'
import { createRequest } from '../requests/create-requests.ts'
import { load } from '../requests/load.ts'
import { checkRows } from '../results/tally.ts'
import type { BenchDatabase } from '../servers/bench-database.ts'
import { residentMb } from '../servers/process-usage.ts'
import { startApp } from './start-app.ts'

export type MemoryPlan = {
  readonly database: BenchDatabase
  readonly creates: number
  /** A sample is taken each time so many were sent. */
  readonly every: number
  readonly connections: number
  /** Without any request, at the end. */
  readonly restSeconds: number
}

/** The resident memory of one server process, in MB. */
export type Memory = {
  readonly startMb: number
  readonly samplesMb: readonly number[]
  readonly restMb: number
  readonly perSecond: number
}

/** Longer than so many creates take on any machine, so that a server that stops answering ends it. */
const mostSecondsPerThousand = 10

export async function measureMemory(plan: MemoryPlan): Promise<Memory> {
  const { database, creates, every, connections, restSeconds } = plan
  await using scratch = await database.scratch('memory')
  await using app = await startApp(scratch.url)
  const startMb = residentMb(app.pid)
  const samplesMb: number[] = []
  let sent = 0
  function ask() {
    if (sent > 0 && sent % every === 0) samplesMb.push(residentMb(app.pid))
    sent += 1
    return createRequest()
  }
  const seconds = (creates / 1_000) * mostSecondsPerThousand
  const { answered, perSecond } = await load({
    ...{ url: app.url, connections, requests: creates, seconds, ask },
  })
  samplesMb.push(residentMb(app.pid))
  if (answered !== creates) throw new Error(`Expected ${creates} creates, answered ${answered}.`)
  await checkRows({
    url: scratch.url,
    tables: ['todo', 'idempotency_record'],
    acknowledged: creates,
  })
  await pause(restSeconds * 1_000)
  return { startMb, samplesMb, restMb: residentMb(app.pid), perSecond }
}

/** How much the highest sample is above the first. */
export function growthMb({ samplesMb }: Pick<Memory, 'samplesMb'>): number {
  return Math.max(...samplesMb) - (samplesMb[0] ?? Number.NaN)
}
