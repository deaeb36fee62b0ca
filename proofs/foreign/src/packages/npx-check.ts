import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { temporaryFolder } from '@idem/test-support/temporary-folder'

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs the tarball by npx in an empty folder, against a server that handles orders in this way. */
export async function npxCheck(tarball: string, handle: Handle): Promise<Ended> {
  await using folder = await temporaryFolder()
  await using server = await startServer(handle)
  const about = ['--body', '{"item":"tea"}', '--count', 'GET:/orders#length', '--rate', '1000']
  const from = ['--yes', '--offline', '--package', `file:${tarball}`, 'idem-check']
  const args = [...from, server.url, ...about]
  const env = { ...process.env, npm_config_cache: join(folder.path, 'cache') }
  return await new Promise((resolve) => {
    const child = execFile('npx', args, { cwd: folder.path, env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

type Sent = { readonly key: string | undefined; readonly body: string }
type Reply = { readonly status: number; readonly answer: string }
type Handle = (sent: Sent, make: () => Reply) => Reply

/** Keeps the promise. Without a key each request is an intent of its own. */
export function once(): Handle {
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
