import { UserError } from '../processes/user-error.mjs'
import { executable, installDebianPackage, onPath } from './debian-package.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/** The path of a Chromium for the tests of the page; as root on Debian or Ubuntu a missing one is installed. */
export async function findChromium() {
  if (process.env.CHROMIUM_PATH) return named(process.env.CHROMIUM_PATH)
  const found = onPath(names)
  if (found) return found
  await installDebianPackage('chromium', notInstalled)
  const installed = onPath(names)
  if (installed) return installed
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
