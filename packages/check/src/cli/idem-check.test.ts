import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type OrderServer, startOrders } from '../test-order-server.ts'

const file = fileURLToPath(new URL('./idem-check.ts', import.meta.url))

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

function run(...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [file, ...args], (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

function runOn({ url }: OrderServer, ...args: string[]): Promise<Ended> {
  const count = ['--count', 'GET:/orders#length', '--rate', '1000']
  return run(url.href, '--body', '{"item":"tea","note":"{{unique}}"}', ...count, ...args)
}

test.concurrent('a right server ends with 0, and the table fits 80 columns', async () => {
  await using server = await startOrders()
  const { code, stdout, stderr } = await runOn(server)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toContain('held         50 at once with one key\n')
  expect(stdout).toContain('0 broken')
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
})

test.concurrent('a wrong server ends with 1, and the report has the command that repeats it', async () => {
  await using server = await startOrders({ scopeOf: () => randomUUID() })
  const { code, stdout } = await runOn(server, '--json', '--header', 'Authorization: hemlock')
  expect(code).toBe(1)
  const [first] = JSON.parse(stdout).findings
  expect(first).toMatchObject({ verdict: 'broken', seen: '2 effects of one intent: 2 × 201' })
  expect(first.repeat).toContain("curl -i -X POST 'http://127.0.0.1:")
  expect(stdout).not.toContain('hemlock')
})

test.concurrent('a request that does not succeed, or is not counted, ends with 2 and a sentence', async () => {
  await using server = await startOrders()
  const refused = await runOn(server, '--body', '{"item":7}')
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect(refused.stderr).toContain('The request was answered 400')
  const uncounted = await runOn(server, '--count-command', 'echo 5')
  expect(uncounted).toMatchObject({ code: 2, stdout: '' })
  expect(uncounted.stderr).toContain('raised the count by 0 instead of 1')
})

test.concurrent('a server that ignores keys is found without a count', async () => {
  await using server = await startOrders({ scopeOf: () => randomUUID() })
  const { code, stdout } = await run(server.url.href, '--body', '{"item":"tea"}', '--rate', '1000')
  expect(code).toBe(1)
  expect(stdout).toContain('broken       sent twice, one after the other')
  expect(stdout).toContain('only what answers show was seen')
})
