import { exitCode, stop } from './child-process.mjs'
import { UserError } from './user-error.mjs'

const minuteMs = 60_000
/** Occasional crashes are bridged; a server that crashes again and again must not hide it. */
const mostRestarts = 5

/**
 * Runs a server and starts it again when it exits unexpectedly: its clients have requests in
 * progress and repeat them under the same keys. Returns the exit code of a server that was asked to
 * stop, or that never served: a restart would fail for the same reason.
 *
 * `start` receives the environment variables to override; the server sends its port once it
 * serves.
 */
export async function restartOnCrash(start) {
  let exits = []
  let variables = {}
  for (;;) {
    const server = start(variables)
    let port
    server.once('message', (message) => {
      port = message.port
    })
    const code = await exitCode(server)
    if (stop.aborted || code === 0 || port === undefined) return code
    // The port that its clients know, also when the operating system chose it at first.
    variables = { PORT: String(port) }
    const now = performance.now()
    exits = [...exits.filter((exit) => now - exit < minuteMs), now]
    if (exits.length > mostRestarts) {
      throw new UserError(
        `The server exited unexpectedly ${exits.length} times within a minute and is not started again; the reason is above.`,
      )
    }
    console.error(`The server exited unexpectedly (exit code ${code}); starting it again.`)
  }
}
