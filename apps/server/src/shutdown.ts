import { writeSync } from 'node:fs'
import type { Server } from 'node:http'
import { errorForLog } from './logs/error-for-log.ts'

/**
 * The time for requests in progress. On request to stop, no request that can be answered is cut
 * off. After an uncaught exception every client waits for the next process, so a hanging request
 * must not delay them; it is cut off and sends the same key again.
 */
export const drainMs = { asked: 20_000, crashed: 1_000 }
const sweepMs = 20

/** Stops taking connections and resolves when the last request was answered, or the time is up. */
export async function drain(server: Server, withinMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  // An idle keep-alive connection would keep the server open indefinitely, and each busy one becomes
  // idle once it is answered.
  server.closeIdleConnections()
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs)
  const timer = setTimeout(() => server.closeAllConnections(), withinMs)
  await closed
  clearInterval(sweep)
  clearTimeout(timer)
}

/**
 * Calls `stop` once and exits: with code 0 at the first SIGTERM, SIGINT, SIGHUP or end of the
 * launcher (Ctrl-C reaches the whole process group and is also forwarded by the launcher, and a
 * killed launcher can forward nothing), with 1 after an uncaught exception, after which only
 * committed data are reliable, and when stopping fails.
 */
export function onStop(stop: (why: keyof typeof drainMs) => Promise<void>): void {
  let stopping = false
  const once = (why: keyof typeof drainMs) => {
    if (stopping) return
    stopping = true
    stop(why).then(
      () => process.exit(why === 'asked' ? 0 : 1),
      (error) => {
        report(error)
        process.exit(1)
      },
    )
  }
  for (const event of stopEvents) process.on(event, () => once('asked'))
  process.on('uncaughtException', (error) => {
    report(error)
    once('crashed')
  })
}

const stopEvents = ['SIGTERM', 'SIGINT', 'SIGHUP', 'disconnect']
const standardError = 2

/** Must not throw: that would be the next uncaught exception, and so on for ever. */
function report(error: unknown): void {
  try {
    writeSync(standardError, `${JSON.stringify(errorForLog(error))}\n`)
  } catch {
    // Standard error is closed.
  }
}
