import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { replaceNextErrorListeners } from './next-error-listeners.ts'
import { serviceWorker } from './service-worker.ts'

export type PageSettings = {
  readonly host: string
  readonly port: number
  readonly server: Server
  /** Called for an unhandled rejection. */
  readonly onRejection: (error: unknown) => void
}

export type Page = {
  /** The output folder of `next build`. */
  readonly built: string
  /** The service worker, as JavaScript. */
  readonly worker: string
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  readonly close: () => Promise<void>
}

const folder = fileURLToPath(new URL('../../../web', import.meta.url))
const publicFiles = join(folder, 'public')
const worker = join(folder, 'src/shell/service-worker.js')
/** In development files change without changing their names, so a worker of an earlier start is removed. */
const noWorker = 'self.registration.unregister()\n'

/** Runs Next in this process: it serves the production build, or builds on demand in development. */
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
    // Next adds an upgrade listener to this server, which it needs only in development. With such a
    // listener Node hands over the socket, beyond the guard, every time-out and the shutdown: a
    // client that asks for an upgrade and goes silent would keep it for ever. So Next gets a server
    // that never listens, and a request with `Upgrade` is answered like any other.
    httpServer: dev ? server : createServer(),
  })
  await app.prepare()
  removeExceptionListeners()
  const handle = app.getRequestHandler()
  const built = join(folder, '.next')
  return {
    built,
    worker: dev ? noWorker : await serviceWorker({ built, public: publicFiles, source: worker }),
    handle: (request: IncomingMessage, response: ServerResponse) => handle(request, response),
    close: () => app.close(),
  }
}
