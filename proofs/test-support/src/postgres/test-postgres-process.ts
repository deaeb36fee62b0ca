import { mkdtemp, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@idem/embedded-postgres/start-embedded-postgres'
import { onServer } from './on-server.ts'

/** A run of all tests takes about a gigabyte at most. */
const enoughMemory = 4 * 2 ** 30

// Runs as a process: prints the URL of a fresh server, and removes the server when standard input ends.
const dataDir = await mkdtemp(join(await quickestFolder(), 'idem-test-'))
const server = await startEmbeddedPostgres({ dataDir })
await makeSignInCheap(server.url)
process.stdout.write(`${server.url}\n`)
process.stdin.resume()
process.stdin.once('close', async () => {
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => process.stdin.destroy())
}

/** Memory, where there is plenty: a copy of the template takes 60 ms there, and 300 ms on a disk. */
async function quickestFolder(): Promise<string> {
  const memory = await statfs('/dev/shm').catch(() => undefined)
  const free = memory === undefined ? 0 : memory.bavail * memory.bsize
  return free < enoughMemory ? tmpdir() : '/dev/shm'
}

/** Tests open thousands of connections, and 4,096 hashes of the password are a third of their cost. */
async function makeSignInCheap(url: string): Promise<void> {
  const { username, password } = new URL(url)
  await onServer(url, async (client) => {
    await client.query('set scram_iterations = 1')
    const secret = client.escapeLiteral(decodeURIComponent(password))
    await client.query(`alter role ${client.escapeIdentifier(username)} password ${secret}`)
  })
}
