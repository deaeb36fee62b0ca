import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../workspace.mjs'

const notSource =
  /^(node_modules|\.next|\.turbo|\.data|next-env\.d\.ts)$|\.test\.tsx?$|\.tsbuildinfo$/

/**
 * Runs the work unless the stamp file says that it was done for exactly these
 * inputs and its outputs are unchanged. Compares contents, not times: a checkout
 * of another branch gives files older times.
 *
 * @param {{ stamp: string, inputs: string[], outputs: string[], parameters?: unknown[] }} job
 *   paths from `home`; `parameters` are further values that determine the outputs
 * @param {() => Promise<unknown>} work
 */
export async function cached({ stamp, inputs, outputs, parameters }, work, home = root) {
  const path = join(home, stamp)
  const wanted = digest(home, inputs, parameters)
  if (read(path) === `${wanted} ${digest(home, outputs)}\n`) return false
  // Delete the old stamp first: interrupted work must not look complete.
  rmSync(path, { force: true })
  await work()
  mkdirSync(dirname(path), { recursive: true })
  // With the digest from before the work, in case an input changed during it.
  writeFileSync(path, `${wanted} ${digest(home, outputs)}\n`)
  return true
}

function digest(home, paths, parameters = /** @type {unknown[]} */ ([])) {
  const hash = createHash('sha256').update(JSON.stringify(parameters))
  for (const path of paths) addTo(hash, home, path)
  return hash.digest('hex')
}

function addTo(hash, home, path) {
  const full = join(home, path)
  if (!existsSync(full)) hash.update(JSON.stringify([path, 'absent']))
  else if (statSync(full).isDirectory()) {
    for (const name of readdirSync(full).sort()) {
      if (!notSource.test(name)) addTo(hash, home, `${path}/${name}`)
    }
  } else {
    const content = readFileSync(full)
    hash.update(JSON.stringify([path, content.length])).update(content)
  }
}

function read(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
