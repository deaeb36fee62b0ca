import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
// Declares the types of the provided values.
import type {} from './scratch-database.ts'
import { type Migrate, templateDatabase } from './template-database.ts'

/** For Vitest's `globalSetup`: one PostgreSQL for the whole run, removed at its end, also after a kill. */
export async function startTestPostgres(
  project: TestProject,
  migrate: Migrate,
): Promise<() => Promise<void>> {
  const given = process.env.IDEM_TEST_DATABASE_URL
  const { url, stop } = given ? { url: given, stop: async () => {} } : await startServer()
  try {
    project.provide('postgresUrl', url)
    project.provide('templateDatabase', await templateDatabase(url, migrate))
    return stop
  } catch (error) {
    await stop()
    throw error
  }
}

async function startServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const file = fileURLToPath(new URL('./test-postgres-process.ts', import.meta.url))
  // A detached process, which Ctrl-C does not reach: it lives as long as its standard input is open,
  // so it removes the server even when the test run is killed.
  const child = spawn(process.execPath, [file], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [url] = await Promise.race([once(createInterface(child.stdout), 'line'), exited])
  if (typeof url !== 'string') {
    throw new Error('The PostgreSQL for the tests did not start; its error is above.')
  }
  return {
    url,
    async stop() {
      child.stdin.end()
      await exited
    },
  }
}
