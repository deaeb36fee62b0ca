import { setTimeout as pause } from 'node:timers/promises'
import { isPostgresIn } from './process-state.ts'

/** Long enough to finish what it writes; after that it is made to stop, and repairs itself at the next start. */
const fastStopMs = 10_000
const immediateStopMs = 5000

export async function stopPostmaster(pid: number, folder: string): Promise<void> {
  // Fast: sessions are ended, a checkpoint is written.
  if (await ends(pid, folder, 'SIGINT', fastStopMs)) return
  if (await ends(pid, folder, 'SIGQUIT', immediateStopMs)) return
  throw new Error(
    `PostgreSQL (process ${pid}) in ${folder} did not stop when asked; look at its log and end it by hand.`,
  )
}

async function ends(pid: number, folder: string, signal: 'SIGINT' | 'SIGQUIT', withinMs: number) {
  if (isPostgresIn(pid, folder)) process.kill(pid, signal)
  const begun = Date.now()
  while (isPostgresIn(pid, folder)) {
    if (Date.now() - begun > withinMs) return false
    await pause(5)
  }
  return true
}
