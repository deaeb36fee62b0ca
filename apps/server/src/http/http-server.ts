import { createServer, type Server } from 'node:http'

/** A slow or vanished client occupies a connection for at most this long. */
const headersMs = 10_000
const requestMs = 15_000
const idleMs = 5_000
/**
 * A client that does not read its response would keep it in memory for ever. Longer than the
 * request deadline (10 s), during which no data flow. Node checks twice before it treats a
 * response as stuck, so closing takes twice as long.
 */
const stalledMs = 12_000

/**
 * Node's HTTP server with limits on the duration, size and number of connections. A connection beyond
 * `mostConnections` is closed before anything is read from it.
 */
export function createHttpServer(mostConnections: number): Server {
  const server = createServer({
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    // The interval at which the two time-outs above are checked; the default of 30 s is too coarse.
    connectionsCheckingInterval: 1_000,
    maxHeaderSize: 16_384,
    // A request without Host cannot pass the guard.
    requireHostHeader: true,
  })
  server.timeout = stalledMs
  server.maxConnections = mostConnections
  return server
}
