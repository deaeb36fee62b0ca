import { UserError } from '../processes/user-error.mjs'
import { executable, installDebianPackage, onPath } from './debian-package.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/**
 * Debian's Chromium without a window, which runs the tests of the page in little more than half of
 * the time. By its own path: the script of this name in /usr/bin would be killed in its place.
 */
const debianShell = '/usr/lib/chromium/chromium-headless-shell'

/** The path of a Chromium for the tests of the page; as root on Debian or Ubuntu a missing one is installed. */
export async function findChromium(shell = debianShell) {
  if (process.env.CHROMIUM_PATH) return named(process.env.CHROMIUM_PATH)
  if (executable(shell)) return shell
  const found = onPath(names)
  await installDebianPackage('chromium-headless-shell', notInstalled).catch((error) => {
    if (!found) throw error
  })
  const path = executable(shell) ? shell : found
  if (path) return path
  throw new UserError(
    `The tests of the page need Chromium. CHROMIUM_PATH is not set and none of ${names.join(', ')} is on the PATH. Install one (on Debian: apt-get install chromium) and try again.`,
  )
}

const notInstalled =
  'Chromium could not be installed; see the output of apt-get above. Install it yourself or set CHROMIUM_PATH.'

function named(path) {
  if (executable(path)) return path
  throw new UserError(
    `CHROMIUM_PATH is ${path}, which is not executable; set it to a Chromium or unset it.`,
  )
}
