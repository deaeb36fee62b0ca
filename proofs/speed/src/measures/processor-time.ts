import type { RunningContender } from '../contenders/start-contender.ts'
import type { BenchDatabase } from '../servers/bench-database.ts'
import { ownProcessorSeconds, processorSeconds } from '../servers/process-usage.ts'

/** The server includes what it stores in besides PostgreSQL. */
export type ProcessorTime = {
  readonly server: number
  readonly database: number
  readonly load: number
}

/** In seconds since each started. Undefined where it cannot be read. */
export function processorTime(
  { pids }: Pick<RunningContender, 'pids'>,
  { postmaster }: Pick<BenchDatabase, 'postmaster'>,
): ProcessorTime | undefined {
  if (postmaster === undefined) return undefined
  return {
    server: pids().reduce((sum, pid) => sum + processorSeconds(pid), 0),
    database: processorSeconds(postmaster),
    load: ownProcessorSeconds(),
  }
}

/** In microseconds, for each of so many answers in between. */
export function microsForEach(
  answers: number,
  before: ProcessorTime,
  after: ProcessorTime,
): ProcessorTime {
  const each = (part: keyof ProcessorTime) => (1e6 * (after[part] - before[part])) / answers
  return { server: each('server'), database: each('database'), load: each('load') }
}
