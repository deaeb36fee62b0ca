import { setTimeout as pause } from 'node:timers/promises'
import type { RunningContender } from '../contenders/start-contender.ts'
import { createRequest } from '../requests/create-requests.ts'
import { load } from '../requests/load.ts'
import { checkRows } from '../results/tally.ts'
import { residentMb } from '../servers/process-usage.ts'

export type MemoryPlan = {
  /** Idem's app. */
  readonly running: RunningContender
  readonly creates: number
  readonly connections: number
}

/** The resident memory of one server process in MB: samples after equal parts of the creates, and after a rest. */
export type Memory = { readonly samplesMb: readonly number[]; readonly restMb: number }

const samples = 20
const restMs = 20_000
/** Longer than a thousand creates take on any machine, so that a server that stops answering ends it. */
const mostSecondsPerThousand = 10

export async function measureMemory({
  running,
  creates,
  connections,
}: MemoryPlan): Promise<Memory> {
  const [pid = 0] = running.pids()
  const every = Math.ceil(creates / samples)
  const samplesMb: number[] = []
  let sent = 0
  function ask() {
    if (sent > 0 && sent % every === 0) samplesMb.push(residentMb(pid))
    sent += 1
    return createRequest()
  }
  const seconds = (creates / 1_000) * mostSecondsPerThousand
  const { url, databaseUrl, contender } = running
  const { answered } = await load({ url, connections, requests: creates, seconds, ask })
  samplesMb.push(residentMb(pid))
  if (answered !== creates) throw new Error(`Expected ${creates} creates, answered ${answered}.`)
  await checkRows({ url: databaseUrl, tables: contender.counted, acknowledged: creates })
  await pause(restMs)
  return { samplesMb, restMb: residentMb(pid) }
}

/** How much the highest sample is above the first. */
export function growthMb({ samplesMb }: Memory): number {
  return Math.max(...samplesMb) - (samplesMb[0] ?? Number.NaN)
}
