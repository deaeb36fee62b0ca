import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../workspace.mjs'
import { startOnNode24 } from './node-24.mjs'

/** `mode` is NODE_ENV, which Next, tRPC and React read while they load. */
export function startServer(mode, args = [], variables = {}) {
  const options = { env: { ...variables, NODE_ENV: mode }, channel: true }
  const flags = mode === 'production' ? flagsOfNode() : []
  return startOnNode24('apps/server/src/main.ts', args, options, flags)
}

/** Flags for the size of its heap, which `NODE_OPTIONS` does not accept. See docs/scaling.md. */
function flagsOfNode() {
  return JSON.parse(readFileSync(join(root, 'apps/server/node-flags.json'), 'utf8'))
}
