import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { bin, root } from '../workspace.mjs'
import { startOnTerminal } from './child-process.mjs'
import { UserError } from './user-error.mjs'

/** Runs a TypeScript file on this terminal, with the settings of `.env` that the shell does not override. `flags` are those of Node. */
export function startOnNode24(file, args, options = {}, flags = []) {
  const settings = existsSync(join(root, '.env')) ? ['--env-file=.env'] : []
  return startOnTerminal(findNode24(), [...settings, ...flags, file, ...args], options)
}

/** A Node that runs TypeScript directly: the current one if new enough, otherwise the installed package. */
function findNode24() {
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath
  const installed = join(bin, 'node')
  if (existsSync(installed)) return installed
  throw new UserError(
    `Idem needs Node 24 or newer. This is Node ${process.versions.node}, and there is no package of Node 24 for ${process.platform} on ${process.arch}: install Node 24 and try again.`,
  )
}
