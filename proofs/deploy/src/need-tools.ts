import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The programs that an operator's machine has, and the packages of Debian that contain them. */
const packages = {
  buildah: 'buildah',
  caddy: 'caddy',
  debootstrap: 'debootstrap',
  nginx: 'nginx-light',
  openssl: 'openssl',
  strace: 'strace',
  'systemd-analyze': 'systemd',
} as const

export type Tool = keyof typeof packages

/** @throws Error with the command that installs those which are missing */
export function needTools(...tools: readonly Tool[]): void {
  if (process.getuid?.() !== 0) {
    throw new Error('The proofs of deploy mount and change users: run them as root.')
  }
  const missing = tools.filter(
    (tool) => !folders.some((folder) => isExecutable(join(folder, tool))),
  )
  if (missing.length === 0) return
  const names = missing.map((tool) => packages[tool]).join(' ')
  throw new Error(
    `The proofs of deploy need ${missing.join(' and ')} on the PATH; on Debian: apt-get install ${names}.`,
  )
}

const folders = (process.env.PATH ?? '').split(delimiter)

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
