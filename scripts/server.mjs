import { startOnNode24 } from './node-24.mjs'

/** `mode` decides for the page, tRPC and React before anything of them is loaded. */
export function startServer(mode, args = [], variables = {}) {
  const options = { env: { ...variables, NODE_ENV: mode }, channel: true }
  return startOnNode24('apps/server/src/main.ts', args, options)
}
