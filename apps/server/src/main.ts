import './node-env.ts'
import { ConfigurationError, readEnvironment } from './environment.ts'
import { serve } from './serve.ts'
import { onStopSignal } from './shutdown.ts'

try {
  const running = await serve(readEnvironment(process.env))
  onStopSignal(async () => {
    await running.stop()
    process.exit(0)
  })
} catch (error) {
  process.stderr.write(`${explain(error)}\n`)
  process.exit(1)
}

function explain(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
