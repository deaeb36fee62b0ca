import { setTimeout as pause } from 'node:timers/promises'
import { isPostgresIn } from './process-state.ts'

/** Enough time for a checkpoint; an immediate stop follows, which the next start recovers from. */
const fastStopMs = 10_000
const immediateStopMs = 5000

export async function stopPostmaster(pid: number, folder: string): Promise<void> {
  // PostgreSQL's "fast" mode: ends sessions and writes a checkpoint. SIGQUIT is its "immediate" mode.
  if (await stops(pid, folder, 'SIGINT', fastStopMs)) return
  if (await stops(pid, folder, 'SIGQUIT', immediateStopMs)) return
  throw new Error(
    `PostgreSQL (process ${pid}) in ${folder} did not stop; read its log and stop it manually.`,
  )
}

async function stops(pid: number, folder: string, signal: 'SIGINT' | 'SIGQUIT', withinMs: number) {
  if (isPostgresIn(pid, folder)) process.kill(pid, signal)
  const startedAt = Date.now()
  while (isPostgresIn(pid, folder)) {
    if (Date.now() - startedAt > withinMs) return false
    await pause(5)
  }
  return true
}
