import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@idem/embedded-postgres/start-embedded-postgres'

// Runs as a process: prints the URL of a fresh server, and removes the server when standard input ends.
const dataDir = await mkdtemp(join(tmpdir(), 'idem-test-'))
const server = await startEmbeddedPostgres({ dataDir })
process.stdout.write(`${server.url}\n`)
process.stdin.resume()
process.stdin.once('close', async () => {
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => process.stdin.destroy())
}
