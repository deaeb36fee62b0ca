import './node-env.ts'
import { ConfigurationError, readEnvironment } from './environment.ts'
import { serve } from './serve.ts'
import { onStopSignal } from './shutdown.ts'

try {
  const serving = serve(readEnvironment(process.env))
  // From now on, not only when all is up: what was started until then has to be ended as well.
  onStopSignal(async () => {
    const running = await serving
    await running.stop()
    process.exit(0)
  })
  await serving
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exit(1)
}

function explain(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
