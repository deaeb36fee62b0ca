import { readFile } from 'node:fs/promises'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import { basePathPlaceholder } from '@idem/contract/base-path-placeholder'
import { createFileHandler } from './file-handler.ts'
import { type PageFile, readPageFiles } from './page-files.ts'
import { serviceWorker } from './service-worker.ts'

export type PageSettings = {
  readonly host: string
  readonly port: number
  readonly server: Server
  readonly installationId: string
  readonly isSignInOn: boolean
  /** The prefix of all paths, such as `/todos`; empty at the root. */
  readonly basePath: string
}

export type Page = {
  /** The documents of the built page, as HTML. */
  readonly documents: readonly string[]
  /** The service worker, as JavaScript. */
  readonly worker: string
  /** The worker recognises a response of Idem by this header; a portal or another server does not send it. */
  readonly headers: Readonly<Record<string, string>>
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  readonly close: () => Promise<void>
}

const folder = fileURLToPath(new URL('../../../web/', import.meta.url))

/** The page: the files of its build, or in development Next in this process, which builds on demand. */
export function preparePage(settings: PageSettings): Promise<Page> {
  return process.env.NODE_ENV === 'development' ? developedPage(settings) : builtPage(settings)
}

async function builtPage(settings: PageSettings): Promise<Page> {
  const files = ofInstallation(settings, await readPageFiles(`${folder}dist`))
  const source = await readFile(`${folder}src/shell/service-worker.js`, 'utf8')
  const { release, text: worker } = serviceWorker({ built: files, source, base: settings.basePath })
  return {
    documents: files
      .filter(({ type }) => type.startsWith('text/html'))
      .map(({ content }) => content.toString()),
    worker,
    headers: { 'idem-release': release },
    handle: createFileHandler(files),
    close: async () => {},
  }
}

type Installation = Pick<PageSettings, 'installationId' | 'isSignInOn' | 'basePath'>

/**
 * Tells a page which installation has sent it, and whether one signs in there, also when it is opened from
 * the device, and puts the prefix of its paths where the build has a placeholder. The pages of accounts
 * exist only where one signs in.
 */
export function ofInstallation(
  { installationId, isSignInOn, basePath }: Installation,
  files: readonly PageFile[],
): PageFile[] {
  const told = `<html data-installation="${installationId}" ${isSignInOn ? 'data-sign-in="" ' : ''}`
  return files
    .filter(({ path }) => isSignInOn || !ofAccounts.test(path))
    .map((file) => {
      const isDocument = file.type.startsWith('text/html')
      if (!isDocument && !file.content.includes(basePathPlaceholder)) return file
      const text = file.content.toString().replaceAll(basePathPlaceholder, basePath)
      return { ...file, content: Buffer.from(isDocument ? text.replace('<html ', told) : text) }
    })
}

/** Next writes data for its router beside each page. */
const ofAccounts = /^\/(sign-in|invite|reset|account)([./]|$)/

/** In development files change without changing their names, so a worker of an earlier start is removed. */
const noWorker = 'self.registration.unregister()\n'

async function developedPage({ host, port, server, basePath }: PageSettings): Promise<Page> {
  // Read by the settings of Next.
  process.env.IDEM_BASE_PATH = basePath
  const { default: next } = await import('next')
  const app = next({ dev: true, dir: folder, hostname: host, port, httpServer: server })
  await app.prepare()
  const handle = app.getRequestHandler()
  return {
    documents: [],
    worker: noWorker,
    headers: {},
    handle: (request, response) => handle(request, response),
    close: () => app.close(),
  }
}
