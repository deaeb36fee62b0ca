import { createServer, type Server } from 'node:http'

/** A client that is slow on purpose, or gone without a word, holds nothing for longer than this. */
const headersMs = 10_000
const requestMs = 15_000
const idleMs = 5_000
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
  server.maxConnections = mostConnections
  return server
}
