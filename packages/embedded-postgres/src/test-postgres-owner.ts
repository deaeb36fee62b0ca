import { startEmbeddedPostgres } from './start-embedded-postgres.ts'

// A process for tests to kill: starts the server of the folder it is given, prints the result and stays alive.
const dataDir = String(process.argv[2])
const startedAt = performance.now()
try {
  const { url, adopted } = await startEmbeddedPostgres({ dataDir })
  process.stdout.write(`${JSON.stringify({ url, adopted })}\n`)
} catch (error) {
  const tookMs = performance.now() - startedAt
  process.stdout.write(`${JSON.stringify({ refused: String(error), tookMs })}\n`)
}
