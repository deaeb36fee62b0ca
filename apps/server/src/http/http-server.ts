import { createServer, type Server } from 'node:http'

/** A client that is slow on purpose, or gone without a word, holds nothing for longer than this. */
const headersMs = 10_000
const requestMs = 15_000
const idleMs = 5_000
/**
 * Whoever asks and does not take the answer would keep it in our memory for ever. Longer than any
 * call may take (10 s), as nothing moves meanwhile. Node looks twice before it believes that an
 * answer is stuck, so that takes double.
 */
const stalledMs = 12_000
/** More than a browser opens by far, and fewer than this process has file descriptors. */
const mostConnections = 1_000

/** Node's server with limits on what a connection may take: in time, in size and in number. */
export function createHttpServer(): Server {
  const server = createServer({
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    // How often the two above are looked at; the usual 30 s would make them 40.
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 16_384,
    // A request without Host says for no site that it is meant for us.
    requireHostHeader: true,
  })
  server.timeout = stalledMs
  server.maxConnections = mostConnections
  return server
}
