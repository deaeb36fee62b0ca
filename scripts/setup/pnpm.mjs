import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runTool } from '../processes/child-process.mjs'
import { root } from '../workspace.mjs'

/** Runs the pnpm version of package.json: the installed one, or before the first install one from npx. */
export function pnpm(args, options) {
  const [, version] = read('package.json').packageManager.split('@')
  if (existsSync(join(root, 'node_modules/pnpm/package.json'))) {
    if (read('node_modules/pnpm/package.json').version === version) {
      return runTool(join(root, 'node_modules/.bin/pnpm'), args, options)
    }
  }
  return runTool('npx', ['--yes', `pnpm@${version}`, ...args], options)
}

function read(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'))
}
