import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/** The one that IDEM_CHROMIUM names, or the first on the PATH. */
export function findChromium(): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const named = process.env.IDEM_CHROMIUM
  const candidates = named
    ? [named]
    : names.flatMap((name) => folders.map((folder) => join(folder, name)))
  const found = candidates.find(isExecutable)
  if (found !== undefined) return found
  throw new Error(
    named
      ? `IDEM_CHROMIUM names ${named}, which cannot be run; let it name a Chromium.`
      : 'The tests of the page need Chromium: install one, or let IDEM_CHROMIUM name it.',
  )
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
