import { exitCode, stop } from './children.mjs'
import { Complaint } from './complaint.mjs'

const minuteMs = 60_000
/** A crash now and then is bridged; a server that does nothing else is not to hide it. */
const mostRestarts = 5

/**
 * Runs a server and starts it again when it exits unexpectedly: its clients are in the middle of
 * something, and repeat under the same keys what was not answered. Returns the exit code of a
 * server that was asked to stop, or that never came to serve: what keeps one from starting would
 * keep the next.
 *
 * `start` is given the variables of the environment that differ; the server sends its port once it
 * serves.
 */
export async function keepServing(start) {
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
    // Where its clients look for it, also when it was left to the system the first time.
    variables = { PORT: String(port) }
    const now = performance.now()
    exits = [...exits.filter((exit) => now - exit < minuteMs), now]
    if (exits.length > mostRestarts) {
      throw new Complaint(
        `The server exited unexpectedly ${exits.length} times within a minute and is not started again; the reason is above.`,
      )
    }
    console.error(`The server exited unexpectedly (exit code ${code}); starting it again.`)
  }
}
