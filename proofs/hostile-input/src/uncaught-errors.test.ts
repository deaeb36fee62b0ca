import { setTimeout as pause } from 'node:timers/promises'
import { scratchDatabase } from '@idem/test-support/scratch-database'
import { startServer } from '@idem/test-support/server-process'
import { expect, test } from 'vitest'
import { head, json, rawConnection } from './raw-connection.ts'

/** A server with a bug that a signal triggers; its message quotes a title, like a driver's. */
async function buggyServer(bug: string) {
  const database = await scratchDatabase()
  const script = `const bug = () => new Error('Failing row contains (Buy milk).')
    process.on('SIGUSR2', () => { ${bug} })`
  const server = await startServer({
    database,
    // In base64, because stack frames contain the file name.
    variables: { NODE_OPTIONS: `--import=data:text/javascript;base64,${btoa(script)}` },
  })
  const greeting = server.output().length
  return {
    ...server,
    setOff: () => process.kill(server.pid, 'SIGUSR2'),
    logged: () => server.output().slice(greeting),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await database[Symbol.asyncDispose]()
    },
  }
}

test('an unhandled rejection is logged without quoted text, and the server keeps running', async () => {
  await using server = await buggyServer('Promise.reject(bug())')
  server.setOff()
  await expect.poll(server.logged).toContain('unhandled rejection')
  const [line = '', ...others] = server.logged().trimEnd().split('\n')
  expect(others).toEqual([])
  expect(JSON.parse(line)).toMatchObject({ level: 50, err: { type: 'Error' } })
  expect(line).not.toContain('milk')
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
})

test('an uncaught exception ends the server within seconds and is logged without quoted text', async () => {
  await using server = await buggyServer('throw bug()')
  const slow = await rawConnection(Number(new URL(server.url).port))
  slow.socket.write(head('POST /todos', json, 'Content-Length: 100'))
  // So that the request counts as in progress.
  await pause(200)
  const begun = performance.now()
  server.setOff()
  await slow.closed
  expect(await server.end('SIGCONT')).toEqual({ code: 1, signal: null })
  expect(performance.now() - begun).toBeLessThan(8_000)
  const [line = '', ...others] = server.logged().trimEnd().split('\n')
  expect(others).toEqual([])
  expect(JSON.parse(line)).toMatchObject({ type: 'Error' })
  expect(line).not.toContain('milk')
})
