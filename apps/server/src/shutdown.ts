import { writeSync } from 'node:fs'
import type { Server } from 'node:http'
import { errorForLog } from './logs/error-for-log.ts'

/**
 * Requests in progress get this long. Asked to stop, nothing that can be answered is cut off. After
 * a bug that nobody caught every client waits for the next process, so one that hangs must not
 * hold them up; it is cut off, and sends the same key again.
 */
export const drainMs = { asked: 20_000, crashed: 1_000 }
const sweepMs = 20

/** Stops taking connections and resolves when the last request was answered, or the time is up. */
export async function drain(server: Server, withinMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  // A connection that waits for its next request would hold the server open for as long as it
  // likes, and each that is busy now will wait like that once it was answered.
  server.closeIdleConnections()
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs)
  const timer = setTimeout(() => server.closeAllConnections(), withinMs)
  await closed
  clearInterval(sweep)
  clearTimeout(timer)
}

/**
 * Calls `stop` once and exits: with code 0 at the first SIGTERM, SIGINT, SIGHUP or end of the
 * launcher (Ctrl-C reaches the whole process group and is forwarded by the launcher as well, and a
 * launcher that was killed can forward nothing), with 1 after a bug nobody caught, when nothing can
 * be relied on but what is committed, and when stopping fails.
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

/** Nothing may throw here: it would be the next uncaught exception, and so on for ever. */
function report(error: unknown): void {
  try {
    writeSync(standardError, `${JSON.stringify(errorForLog(error))}\n`)
  } catch {
    // Nobody reads it.
  }
}
