import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startOpenly } from './children.mjs'
import { Complaint } from './complaint.mjs'
import { bin, root } from './house.mjs'

/** Runs a TypeScript file on this terminal, with the settings of `.env` where the shell has not set them already. */
export function startOnNode24(file, args, options) {
  const settings = existsSync(join(root, '.env')) ? ['--env-file=.env'] : []
  return startOpenly(findNode24(), [...settings, file, ...args], options)
}

/** The Node that runs our TypeScript as it is written: the one at hand if new enough, else the one that came with the packages. */
function findNode24() {
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath
  const installed = join(bin, 'node')
  if (existsSync(installed)) return installed
  throw new Complaint(
    `Idem needs Node 24 or newer. This is Node ${process.versions.node}, and there is no package of Node 24 for ${process.platform} on ${process.arch}: install Node 24 and try again.`,
  )
}
