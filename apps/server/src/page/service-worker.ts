import { createHash } from 'node:crypto'
import type { PageFile } from './page-files.ts'

/**
 * The service worker of the page, as JavaScript: its source behind the list of all files of this
 * build that the page loads. Its text changes with each build, by which a browser detects a new release.
 */
export function serviceWorker(built: readonly PageFile[], source: string): string {
  const files = built.filter(({ path }) => !neverLoaded.some((each) => each.test(path)))
  const release = createHash('sha256')
  for (const { path, content } of files) release.update(`${path}\n`).update(content)
  const constants = {
    release: release.digest('base64url').slice(0, 22),
    files: files.map(({ path }) => path),
  }
  const lines = Object.entries(constants).map(
    ([name, value]) => `const ${name} = ${JSON.stringify(value)}\n`,
  )
  return [...lines, source].join('')
}

/** What Next writes for its other routers and for pages that navigate, and the page of an unknown path. */
const neverLoaded = [/\.txt$/, /\.html$/, /\/_next\/static\/(?!chunks\/|media\/)/]
