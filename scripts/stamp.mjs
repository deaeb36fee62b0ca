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
import { root } from './house.mjs'

const notSource =
  /^(node_modules|\.next|\.turbo|\.data|next-env\.d\.ts)$|\.test\.tsx?$|\.tsbuildinfo$/

/**
 * Does the work unless a stamp says that it was done for exactly these inputs
 * and that what it made is still there, untouched. Contents are compared, not
 * times: a checkout of another branch changes files to older times.
 *
 * @param {{ stamp: string, inputs: string[], outputs: string[], words?: unknown[] }} job
 *   paths from `home`; `words` is whatever else decides what comes out
 * @param {() => Promise<unknown>} work
 */
export async function unlessDone({ stamp, inputs, outputs, words }, work, home = root) {
  const path = join(home, stamp)
  const wanted = digest(home, inputs, words)
  if (read(path) === `${wanted} ${digest(home, outputs)}\n`) return false
  // Away with the old stamp first: work that is cut short must not look done.
  rmSync(path, { force: true })
  await work()
  mkdirSync(dirname(path), { recursive: true })
  // Of the inputs as they were before the work, in case they changed meanwhile.
  writeFileSync(path, `${wanted} ${digest(home, outputs)}\n`)
  return true
}

function digest(home, paths, words = /** @type {unknown[]} */ ([])) {
  const hash = createHash('sha256').update(JSON.stringify(words))
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
