import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runQuietly } from './children.mjs'
import { root } from './house.mjs'

/** Runs the pnpm this house was made with: the installed one, or before there is one, fetched by npx. */
export function pnpm(args, options) {
  const [, version] = read('package.json').packageManager.split('@')
  if (existsSync(join(root, 'node_modules/pnpm/package.json'))) {
    if (read('node_modules/pnpm/package.json').version === version) {
      return runQuietly(join(root, 'node_modules/.bin/pnpm'), args, options)
    }
  }
  return runQuietly('npx', ['--yes', `pnpm@${version}`, ...args], options)
}

function read(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'))
}
