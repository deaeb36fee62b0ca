import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** `lost`: the request is handled, and its answer does not arrive. `cut`: half of it does. `silent`: nothing happens. */
export type Fault = 'fair' | 'lost' | 'cut' | 'silent' | Reply
export type Reply = {
  readonly status: number
  readonly body?: string
  readonly headers?: Record<string, string>
}

/** Tests only: an HTTP server that handles the first requests by a script, and then by `handle`. */
export async function startFaultyServer(handle: RequestListener) {
  const faults: Fault[] = []
  let requests = 0

  const server = createServer((request, response) => {
    requests += 1
    const fault = faults.shift() ?? 'fair'
    if (fault === 'silent') return
    if (typeof fault === 'object') {
      request.resume()
      response.writeHead(fault.status, fault.headers)
      response.end(fault.body ?? '<h1>An error of a proxy.</h1>')
      return
    }
    if (fault !== 'fair') withhold(response, fault)
    handle(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${port}`,
    faults,
    requests: () => requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The handler finishes, so its effect exists, and then the connection breaks. */
function withhold(response: ServerResponse, fault: 'lost' | 'cut'): void {
  const write = response.write.bind(response)
  const parts: Buffer[] = []
  const keep = (part: unknown) => {
    if (typeof part === 'string' || part instanceof Uint8Array) parts.push(Buffer.from(part))
    return true
  }
  Object.assign(response, {
    write: keep,
    end(part: unknown) {
      keep(part)
      const whole = Buffer.concat(parts)
      if (fault === 'lost') return response.destroy()
      if (!response.headersSent) response.removeHeader('Content-Length')
      write(whole.subarray(0, whole.length / 2), () => response.destroy())
      return response
    },
  })
}
