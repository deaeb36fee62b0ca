import { startOnNode24 } from './node-24.mjs'

/**
 * V8 lets the part of the heap for new objects grow far beyond what a request needs, and keeps it: 340 MB for
 * the process after 50,000 creates, 190 MB with this limit, and no more processor time for a create.
 */
const flags = ['--max-semi-space-size=8']

/** `mode` is NODE_ENV, which Next, tRPC and React read while they load. */
export function startServer(mode, args = [], variables = {}) {
  const options = { env: { ...variables, NODE_ENV: mode }, channel: true }
  return startOnNode24('apps/server/src/main.ts', args, options, flags)
}
