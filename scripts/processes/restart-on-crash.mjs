import { exitCode, stop } from './child-process.mjs'

const minuteMs = 60_000
/** An occasional crash is bridged at once; a server that crashes again and again leaves the machine to others. */
const mostStarts = 5
/** EX_CONFIG of sysexits.h, which apps/server/src/main.ts uses: the same configuration fails again. */
const invalidConfiguration = 78

/**
 * Runs a server and starts it again whenever it exits unexpectedly, for as long as it takes: its
 * clients have requests in progress and repeat them under the same keys, and an outage of the
 * database ends without a person. Returns the exit code of a server that was asked to stop, that
 * rejects its configuration, or that never served: the first start fails for a lasting reason.
 *
 * `start` receives the environment variables to override; the server sends its port once it
 * serves.
 */
export async function restartOnCrash(start) {
  const starts = []
  let variables
  for (;;) {
    starts.push(performance.now())
    const server = start(variables ?? {})
    let serves = false
    server.once('message', ({ port }) => {
      serves = true
      // The port that its clients know, also when the operating system chose it at first.
      variables = { PORT: String(port) }
    })
    const code = await exitCode(server).catch((error) => {
      // The machine may have no memory or no process left for a while.
      if (variables === undefined) throw error
      console.error(error.message)
      return 1
    })
    const isFinal = code === 0 || code === invalidConfiguration || variables === undefined
    if (stop.aborted || isFinal) return code === invalidConfiguration ? 1 : code
    const waitMs = Math.max(0, nextStart({ starts, serves }) - performance.now())
    const when = waitMs === 0 ? '' : ` in ${Math.ceil(waitMs / 1_000)} s`
    console.error(`The server exited unexpectedly (exit code ${code}); starting it again${when}.`)
    if (waitMs > 0) await wait(waitMs)
  }
}

/** A server that did not serve would probably fail again at once, and these starts are better spread over the minute. */
function nextStart({ starts, serves }) {
  const afterMinute = (starts.at(-mostStarts) ?? Number.NEGATIVE_INFINITY) + minuteMs
  return serves ? afterMinute : Math.max(afterMinute, starts.at(-1) + minuteMs / mostStarts)
}

/** Until the time is up or the launcher is stopped; the next start then throws. */
function wait(ms) {
  return new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
    const end = () => {
      clearTimeout(timer)
      stop.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    stop.addEventListener('abort', end)
  })
}
