import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runTool } from '../processes/child-process.mjs'
import { UserError } from '../processes/user-error.mjs'

/** The path of the first of these programs that is installed. */
export function onPath(names, more = []) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...more]
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(executable)
}

/** Installs a package as root on Debian or Ubuntu; elsewhere does nothing. */
export async function installDebianPackage(name, sentence) {
  if (process.getuid?.() !== 0 || !executable('/usr/bin/apt-get')) return
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await runTool('apt-get', ['update'], { env, sentence })
  await runTool('apt-get', ['install', '-y', '--no-install-recommends', name], { env, sentence })
}

/** The path of one of these programs; as root on Debian or Ubuntu a missing one is installed. */
export async function provide({
  names,
  folders = /** @type {string[]} */ ([]),
  debianPackage,
  need,
}) {
  const find = () => onPath(names, folders)
  if (find() === undefined) {
    await installDebianPackage(
      debianPackage,
      `${debianPackage} could not be installed; the output of apt-get is above. Install it yourself.`,
    )
  }
  const found = find()
  if (found !== undefined) return found
  throw new UserError(
    `${need} ${names.join(' or ')} on the PATH. Install it (on Debian: apt-get install ${debianPackage}) and try again.`,
  )
}

export function executable(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
