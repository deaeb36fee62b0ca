import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestProject } from 'vitest/node'
// For what is provided below, which is declared where it is used.
import type {} from './scratch-database.ts'

/** For Vitest's `globalSetup`: one PostgreSQL for the whole run, gone when it ends, however it ends. */
// biome-ignore lint/style/noDefaultExport: Vitest asks for it.
export default async function startTestServer(root: TestProject): Promise<() => Promise<void>> {
  const given = process.env.IDEM_TEST_DATABASE_URL
  if (given) {
    root.provide('postgresUrl', given)
    return async () => {}
  }
  const file = fileURLToPath(new URL('./test-server-process.ts', import.meta.url))
  // A process of its own, out of reach of Ctrl-C: it lives as long as its standard input is open,
  // so it clears up even when the tests are killed without a chance to.
  const child = spawn(process.execPath, [file], {
    detached: true,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const [url] = await Promise.race([once(createInterface(child.stdout), 'line'), exited])
  if (typeof url !== 'string') {
    throw new Error('The PostgreSQL for the tests did not start; its complaint is above.')
  }
  root.provide('postgresUrl', url)
  return async () => {
    child.stdin.end()
    await exited
  }
}
