import { createHash } from 'node:crypto'
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { constants, gzip, type ZlibOptions } from 'node:zlib'
import type { PageFile } from './page-files.ts'

/** The name of such a file changes with its content. */
const hashedFiles = '/_next/static/'
const notFoundPage = '/404.html'

/** Answers GET and HEAD requests with the files, from memory and compressed. */
export function createFileHandler(files: readonly PageFile[]) {
  const served = new Map(files.map((file) => [file.path, servedFile(file)]))

  return async function handleFile(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const [path = ''] = (request.url ?? '').split('?', 1)
    const file = served.get(path)
    if (file !== undefined) return send(request, response, file)
    if (path.endsWith('/') && served.has(path.slice(0, -1))) return redirect(request, response)
    response.statusCode = 404
    const notFound = served.get(notFoundPage)
    if (notFound === undefined) response.end()
    else await send(request, response, notFound)
  }
}

/** To the path without its last slash, below which relative addresses of the page would lead elsewhere. */
function redirect({ url = '' }: IncomingMessage, response: ServerResponse): void {
  const [path = '', ...query] = url.split('?')
  const name = path.split('/').at(-2) ?? ''
  // Relative: a proxy may have a prefix. The browser keeps the fragment.
  response.writeHead(308, { location: [`../${name}`, ...query].join('?') }).end()
}

type ServedFile = {
  readonly headers: OutgoingHttpHeaders & { readonly etag: string }
  readonly content: Buffer
  /** Undefined for a file that is compressed already. */
  readonly compressed: (() => Promise<Buffer>) | undefined
}

function servedFile({ path, type, content }: PageFile): ServedFile {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 22)
  let compressed: Promise<Buffer> | undefined
  return {
    headers: {
      'content-type': type,
      // Weak, because the file and its compressed form share it.
      etag: `W/"${hash}"`,
      'cache-control': path.startsWith(hashedFiles)
        ? 'public, max-age=31536000, immutable'
        : 'no-cache',
      vary: 'accept-encoding',
    },
    content,
    compressed: /^(image\/png|font\/)/.test(type)
      ? undefined
      : () => {
          compressed ??= compress(content, { level: constants.Z_BEST_COMPRESSION })
          return compressed
        },
  }
}

/** Once for each file, so the best compression costs nothing that counts. */
const compress = promisify<Buffer, ZlibOptions, Buffer>(gzip)

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { headers, content, compressed }: ServedFile,
): Promise<void> {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value ?? '')
  if (response.statusCode === 200 && hasCurrent(request, headers.etag)) {
    response.writeHead(304).end()
    return
  }
  const zipped = acceptsGzip(request) ? await compressed?.() : undefined
  if (zipped !== undefined) response.setHeader('content-encoding', 'gzip')
  const body = zipped ?? content
  response.setHeader('content-length', body.length)
  response.end(request.method === 'HEAD' ? undefined : body)
}

function hasCurrent({ headers }: IncomingMessage, etag: string): boolean {
  const known = headers['if-none-match']?.split(',').map((each) => each.trim()) ?? []
  return known.includes(etag) || known.includes('*')
}

function acceptsGzip({ headers }: IncomingMessage): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(`${headers['accept-encoding'] ?? ''}`)
}
