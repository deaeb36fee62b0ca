import type { Server } from 'node:http'
import { errorForLog } from './error-for-log.ts'

/** Requests under way get this long; nothing that can be answered is cut off. */
const drainMs = 20_000
const sweepMs = 20

/** Stops taking connections and resolves when the last request was answered, or the time is up. */
export async function drain(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  // A connection that waits for its next request would hold the server open for as long as it
  // likes, and each that is busy now will wait like that once it was answered.
  server.closeIdleConnections()
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs)
  const timer = setTimeout(() => server.closeAllConnections(), drainMs)
  await closed
  clearInterval(sweep)
  clearTimeout(timer)
}

/**
 * Calls `stop` once, with the code to exit with: 0 at the first SIGTERM, SIGINT
 * or end of whoever started this process (Ctrl-C reaches the whole process group
 * and is forwarded by the launcher as well, and a launcher that was killed can
 * forward nothing), 1 after a bug nobody caught, when nothing can be relied on
 * but what is committed.
 */
export function onStop(stop: (exitCode: number) => Promise<void>): void {
  let stopping = false
  const once = (exitCode: number) => {
    if (stopping) return
    stopping = true
    void stop(exitCode)
  }
  for (const event of ['SIGTERM', 'SIGINT', 'disconnect']) process.on(event, () => once(0))
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${JSON.stringify(errorForLog(error))}\n`)
    once(1)
  })
}
