import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runQuietly } from './children.mjs'
import { Complaint } from './complaint.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/** The path of a Chromium for the tests of the page; as root on Debian or Ubuntu it is installed if there is none. */
export async function findChromium() {
  if (process.env.CHROMIUM_PATH) return named(process.env.CHROMIUM_PATH)
  const found = onPath()
  if (found) return found
  if (process.getuid?.() === 0 && executable('/usr/bin/apt-get')) await aptGet()
  const installed = onPath()
  if (installed) return installed
  throw new Complaint(
    `The tests of the page need Chromium, and there is none: no CHROMIUM_PATH, and none of ${names.join(', ')} on the PATH. Install one (on Debian: apt-get install chromium) and try again.`,
  )
}

async function aptGet() {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  const sentence =
    'Chromium could not be installed; what apt-get says is above. Install it by hand or set CHROMIUM_PATH to one.'
  await runQuietly('apt-get', ['update'], { env, sentence })
  await runQuietly('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], {
    env,
    sentence,
  })
}

function named(path) {
  if (executable(path)) return path
  throw new Complaint(
    `CHROMIUM_PATH names ${path}, which cannot be executed; set it to a Chromium or leave it out.`,
  )
}

function onPath() {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(executable)
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
