import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'

/** A slow or vanished client occupies a connection for at most this long. */
const requestMs = 15_000
/** Between two requests, and from the connection to the end of the first head. */
const idleMs = 5_000
/**
 * A client that does not read its response would keep it in memory for ever. Longer than the
 * request deadline (10 s), during which no data flow. Node checks twice before it treats a
 * response as stuck, so closing takes twice as long.
 */
const stalledMs = 12_000

/** Node's HTTP server with limits on the duration, size and number of connections. */
export function createHttpServer(mostConnections: number): Server {
  const server = createServer({
    headersTimeout: idleMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    // The interval at which the two time-outs above are checked; the default of 30 s is too coarse.
    connectionsCheckingInterval: 500,
    maxHeaderSize: 16_384,
    // A request without Host cannot pass the guard.
    requireHostHeader: true,
  })
  server.timeout = stalledMs
  limitConnections(server, mostConnections)
  return server
}

/**
 * A connection beyond the limit takes the place of the oldest one without a request. Node's own limit would
 * close the new one, and a thousand silent connections would keep all clients out until they time out. If
 * every other one has sent a request, the new one is closed, before anything is read from it.
 */
function limitConnections(server: Server, most: number): void {
  const silent = new Set<Socket>()
  let open = 0
  server.on('connection', (socket: Socket) => {
    open += 1
    silent.add(socket)
    socket.once('close', () => {
      open -= 1
      silent.delete(socket)
    })
    if (open <= most) return
    const [oldest = socket] = silent
    silent.delete(oldest)
    oldest.destroy()
  })
  server.on('request', ({ socket }) => silent.delete(socket))
}
