import { createHash } from 'node:crypto'
import type { PageFile } from './page-files.ts'

export type ServiceWorker = {
  /** Names this build. */
  readonly release: string
  /** JavaScript. */
  readonly text: string
}

type WorkerParts = {
  readonly built: readonly PageFile[]
  readonly source: string
  /** The prefix of all paths, such as `/todos`; empty at the root. */
  readonly base: string
}

/**
 * The service worker of the page: its source behind the hashes of all files of this build that the
 * page loads. Its text changes with each build, by which a browser detects a new release.
 */
export function serviceWorker({ built, source, base }: WorkerParts): ServiceWorker {
  const loaded = built.filter(({ path }) => !neverLoaded.some((each) => each.test(path)))
  const files = Object.fromEntries(
    loaded.map(({ path, content }) => [`${base}${path}`, hashOf(content)]),
  )
  const release = createHash('sha256')
    .update(JSON.stringify(files))
    .digest('base64url')
    .slice(0, 22)
  const lines = Object.entries({ base, release, files }).map(
    ([name, value]) => `const ${name} = ${JSON.stringify(value)}\n`,
  )
  return { release, text: [...lines, source].join('') }
}

/**
 * What Next writes for its other routers and for pages that navigate, the page of an unknown path, and
 * the pages that have no use without a server.
 */
const neverLoaded = [/\.txt$/, /\.html$/, /\/[^./]+$/, /\/_next\/static\/(?!chunks\/|media\/)/]

function hashOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('base64')
}
