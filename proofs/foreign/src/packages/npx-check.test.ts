import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { temporaryFolder } from '@idem/test-support/temporary-folder'
import { expect, test } from 'vitest'
import { packed } from './packed.ts'

test('npx runs the packed check in an empty folder, against a right server and one without keys', async () => {
  const { check } = await packed()
  await using folder = await temporaryFolder()
  const npx = (url: string) => runNpx({ cwd: folder.path, tarball: check, url })

  await using right = await startServer(once())
  const passed = await npx(right.url)
  expect(passed.stderr).toBe('')
  expect(passed.stdout).toContain('0 broken')
  expect(passed.code).toBe(0)

  await using wrong = await startServer((_, make) => make())
  const failed = await npx(wrong.url)
  expect(failed.stdout).toContain('broken       50 at once with one key')
  expect(failed.code).toBe(1)
}, 120_000)

type Sent = { readonly key: string | undefined; readonly body: string }
type Reply = { readonly status: number; readonly answer: string }
type Handle = (sent: Sent, make: () => Reply) => Reply

/** Without a key each request is an intent of its own. */
function once(): Handle {
  const replies = new Map<string, { readonly body: string; readonly reply: Reply }>()
  return ({ key, body }, make) => {
    if (key === undefined) return make()
    const stored = replies.get(key)
    if (stored) return stored.body === body ? stored.reply : { status: 422, answer: '{}' }
    const reply = make()
    replies.set(key, { body, reply })
    return reply
  }
}

async function startServer(handle: Handle) {
  const orders: unknown[] = []
  const server = createServer(async (request, response) => {
    // The client may go away in its body.
    const body = await text(request).catch(() => undefined)
    if (body === undefined) return
    const sent = { key: request.headers['idempotency-key']?.toString(), body }
    const make = () => ({ status: 201, answer: JSON.stringify({ id: orders.push(sent.body) }) })
    const list = () => ({ status: 200, answer: JSON.stringify(orders) })
    const { status, answer } = request.method === 'GET' ? list() : handle(sent, make)
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/orders`,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
    },
  }
}

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

function runNpx(run: { cwd: string; tarball: string; url: string }): Promise<Ended> {
  const about = ['--body', '{"item":"tea"}', '--count', 'GET:/orders#length']
  const from = ['--yes', '--offline', '--package', `file:${run.tarball}`, 'idem-check']
  const args = [...from, run.url, ...about]
  return new Promise((resolve) => {
    const child = execFile('npx', args, { cwd: run.cwd }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}
