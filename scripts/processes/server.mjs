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

/** Limits of its heap, see docs/scaling.md. `NODE_OPTIONS` accepts only one of them. */
function flagsOfNode() {
  return JSON.parse(readFileSync(join(root, 'apps/server/node-flags.json'), 'utf8'))
}
