import { Complaint } from './complaint.mjs'
import { executable, installDebianPackage, onPath } from './debian-package.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/** The path of a Chromium for the tests of the page; as root on Debian or Ubuntu it is installed if there is none. */
export async function findChromium() {
  if (process.env.CHROMIUM_PATH) return named(process.env.CHROMIUM_PATH)
  const found = onPath(names)
  if (found) return found
  await installDebianPackage('chromium', notInstalled)
  const installed = onPath(names)
  if (installed) return installed
  throw new Complaint(
    `The tests of the page need Chromium, and there is none: no CHROMIUM_PATH, and none of ${names.join(', ')} on the PATH. Install one (on Debian: apt-get install chromium) and try again.`,
  )
}

const notInstalled =
  'Chromium could not be installed; what apt-get says is above. Install it by hand or set CHROMIUM_PATH to one.'

function named(path) {
  if (executable(path)) return path
  throw new Complaint(
    `CHROMIUM_PATH names ${path}, which cannot be executed; set it to a Chromium or leave it out.`,
  )
}
