import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { replaceNextErrorListeners } from './next-error-listeners.ts'

export type PageSettings = {
  readonly host: string
  readonly port: number
  readonly server: Server
  /** Of a promise that nobody handles. */
  readonly onRejection: (error: unknown) => void
}

export type Page = {
  /** Where `next build` left it. */
  readonly built: string
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  readonly close: () => Promise<void>
}

const folder = fileURLToPath(new URL('../../../web', import.meta.url))

/** Next, in this process: it serves what it built, or builds as it serves while developing. */
export async function preparePage(settings: PageSettings): Promise<Page> {
  const { host, port, server, onRejection } = settings
  const dev = process.env.NODE_ENV === 'development'
  const removeExceptionListeners = dev ? () => {} : replaceNextErrorListeners(onRejection)
  const { default: next } = await import('next')
  const app = next({
    dev,
    dir: folder,
    hostname: host,
    port,
    // Next listens there for upgrades, which it needs only while developing. Where somebody listens,
    // Node hands over the socket, out of reach of the guard, of every time-out and of the shut-down:
    // whoever asks for an upgrade and says no more would hold it for ever. So it may listen to a
    // server that nobody calls, and a request with `Upgrade` is answered like any other.
    httpServer: dev ? server : createServer(),
  })
  await app.prepare()
  removeExceptionListeners()
  const handle = app.getRequestHandler()
  return {
    built: join(folder, '.next'),
    handle: (request: IncomingMessage, response: ServerResponse) => handle(request, response),
    close: () => app.close(),
  }
}
