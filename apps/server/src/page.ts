import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export type PageSettings = { readonly host: string; readonly port: number; readonly server: Server }

const folder = fileURLToPath(new URL('../../web', import.meta.url))

/** Next, in this process: it serves what it built, or builds as it serves while developing. */
export async function preparePage({ host, port, server }: PageSettings) {
  const { default: next } = await import('next')
  const app = next({
    dev: process.env.NODE_ENV === 'development',
    dir: folder,
    hostname: host,
    port,
    httpServer: server,
  })
  await app.prepare()
  const handle = app.getRequestHandler()
  return {
    /** Where `next build` left it. */
    built: join(folder, '.next'),
    handle: (request: IncomingMessage, response: ServerResponse) => handle(request, response),
    close: () => app.close(),
  }
}
