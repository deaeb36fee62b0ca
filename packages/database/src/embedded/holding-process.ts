import { startEmbeddedPostgres } from './embedded-postgres.ts'

// For tests, as a process to be killed: starts the server of the folder it is given, says so, and stays.
const dataDir = String(process.argv[2])
const begun = performance.now()
try {
  const { url, adopted } = await startEmbeddedPostgres({ dataDir })
  process.stdout.write(`${JSON.stringify({ url, adopted })}\n`)
} catch (error) {
  const tookMs = performance.now() - begun
  process.stdout.write(`${JSON.stringify({ refused: String(error), tookMs })}\n`)
}
