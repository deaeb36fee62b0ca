import './node-env.ts'
import { type Environment, readEnvironment } from './environment.ts'
import { serve } from './serve.ts'
import { drainMs, onStop } from './shutdown.ts'
import { explainStartupError } from './startup/startup-errors.ts'

let environment: Environment | undefined
try {
  environment = readEnvironment(process.env)
  const serving = serve(environment)
  // From now on, not only when all is up: what was started until then has to be ended as well.
  onStop(async (why) => {
    const running = await serving
    await running.stop(drainMs[why])
  })
  const { port } = await serving
  // To the launcher, which starts it again there; one that is gone has said so by the closed channel.
  process.send?.({ port }, undefined, undefined, () => {})
} catch (error) {
  console.error(explainStartupError(error, environment))
  process.exit(1)
}
