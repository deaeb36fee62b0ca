import type { ServerResponse } from 'node:http'
import { streamError } from '../http/attempt.ts'
import type { HandlerResponse, Headers } from '../http/response-parts.ts'

/**
 * Keeps what the next handlers send, so that nothing leaves before the commit. Calls
 * `resolve` when they have sent the response at once, and `reject` when they send it in
 * parts, for it may never end.
 *
 * Returns a function after which the response may be sent. A refused handler may go on, so
 * parts are dropped even then: they would become parts of the response of the error.
 */
export function holdResponse(
  res: ServerResponse,
  resolve: (response: HandlerResponse) => void,
  reject: (error: Error) => void,
): () => void {
  const { writeHead, end, flushHeaders } = res
  const refuse = () => reject(streamError())

  Object.assign(res, {
    flushHeaders: refuse,
    write: refuse,
    writeHead(status: number, ...rest: unknown[]) {
      res.statusCode = status
      const headers = rest.at(-1) as Headers | [string, string][] | string | undefined
      if (typeof headers === 'object') {
        res.setHeaders(new Map(Array.isArray(headers) ? headers : Object.entries(headers)))
      }
      return res
    },
    end(...args: unknown[]) {
      const [chunk, encoding] = args as [string?, BufferEncoding?]
      const callback = args.at(-1)
      if (typeof callback === 'function') res.once('finish', callback as () => void)
      // A copy, because the handler may use its memory again.
      const body = Buffer.from(typeof chunk === 'function' ? '' : (chunk ?? ''), encoding)
      resolve({ status: res.statusCode, headers: res.getHeaders() as Headers, body })
      return res
    },
  })
  return () => Object.assign(res, { writeHead, end, flushHeaders })
}
