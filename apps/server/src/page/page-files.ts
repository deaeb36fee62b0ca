import { glob, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

/** A file of the built page. */
export type PageFile = {
  /** The path of its URL. */
  readonly path: string
  /** Its media type. */
  readonly type: string
  readonly content: Buffer
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/**
 * Reads the built page into memory, so that one release is served whole, also while the next one is built
 * in its place.
 */
export async function readPageFiles(built: string): Promise<PageFile[]> {
  const names: string[] = []
  for await (const name of glob('**/*.*', { cwd: built })) names.push(name.replaceAll('\\', '/'))
  if (!names.includes('index.html')) {
    throw new Error('The page is not built; run npm start, which builds it.')
  }
  return Promise.all(
    names.sort().map(async (name) => ({
      path: pathOf(name),
      type: typeOf(name),
      content: await readFile(join(built, name)),
    })),
  )
}

/** A document has the path of its page; that of an unknown path keeps its name. */
function pathOf(name: string): string {
  if (name === 'index.html') return '/'
  return encodeURI(`/${name.replace(/^(?!404|_)(.+)\.html$/, '$1')}`)
}

function typeOf(name: string): string {
  const type = types[extname(name)]
  if (type === undefined) throw new Error(`The page has a file of an unknown type, ${name}.`)
  return type
}
