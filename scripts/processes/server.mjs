import { startOnNode24 } from './node-24.mjs'

/** `mode` is NODE_ENV, which Next, tRPC and React read while they load. */
export function startServer(mode, args = [], variables = {}) {
  const options = { env: { ...variables, NODE_ENV: mode }, channel: true }
  return startOnNode24('apps/server/src/main.ts', args, options)
}
