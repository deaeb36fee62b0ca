import './node-env.ts'
import { WrongOwnerError } from '@idem/embedded-postgres/wrong-owner-error'
import { type Environment, readEnvironment } from './environment.ts'
import { serve } from './serve.ts'
import { drainMs, onStop } from './shutdown.ts'
import { explainStartupError } from './startup/startup-errors.ts'

/** EX_CONFIG of sysexits.h: a launcher or supervisor need not start it again before a person has changed something. */
const invalidConfiguration = 78

let environment: Environment | undefined
try {
  environment = readEnvironment(process.env)
  const serving = serve(environment)
  // Registered before startup completes, so that a signal during startup stops the parts that run.
  onStop(async (why) => {
    const running = await serving
    await running.stop(drainMs[why])
  })
  const { port } = await serving
  // The launcher restarts the server on this port. A launcher that exited has closed the channel.
  process.send?.({ port }, undefined, undefined, () => {})
} catch (error) {
  console.error(explainStartupError(error, environment))
  const needsPerson = environment === undefined || error instanceof WrongOwnerError
  process.exit(needsPerson ? invalidConfiguration : 1)
}
