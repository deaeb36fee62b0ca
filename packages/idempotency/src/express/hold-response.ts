import { AsyncLocalStorage } from 'node:async_hooks'
import type { ServerResponse } from 'node:http'
import { streamError } from '../http/attempt.ts'
import type { HandlerResponse, Headers } from '../http/response-parts.ts'

type Holding = {
  /** Runs the next handlers. */
  readonly handle: () => void
  /** They have sent the response at once. */
  readonly resolve: (response: HandlerResponse) => void
  /** They send it in parts, and it may never end. */
  readonly reject: (error: Error) => void
}

/** The response that a handler may not send any more, in everything that it goes on to do. */
const handled = new AsyncLocalStorage<ServerResponse>()

/**
 * Keeps what the next handlers send, so that nothing leaves before the commit.
 *
 * Returns a function after which the response may be sent, but not by them. A handler that took
 * too long or was refused goes on, and its late response is dropped: it would be sent in place
 * of the error, as if it had an effect, or throw after the error was sent and end the process.
 */
export function holdResponse(
  res: ServerResponse,
  { handle, resolve, reject }: Holding,
): () => void {
  const originals = sending.map((name) => [name, res[name] as Send] as const)
  const refuse = () => reject(streamError())

  Object.assign(res, {
    flushHeaders: refuse,
    // It stays closed later, too: parts would become parts of another response.
    write: refuse,
    writeHead(status: number, ...rest: unknown[]) {
      res.statusCode = status
      const list = inTurn(rest.at(-1))
      for (let at = 0; at < list.length; at += 2) res.removeHeader(list[at] as string)
      for (let at = 0; at < list.length; at += 2) {
        res.appendHeader(list[at] as string, list[at + 1] as string)
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
  handled.run(res, handle)

  return () => {
    for (const [name, send] of originals) {
      const late = () => res.writableEnded || handled.getStore() === res
      Object.assign(res, { [name]: (...args: unknown[]) => (late() ? res : send.apply(res, args)) })
    }
  }
}

type Send = (...args: unknown[]) => unknown

const sending = [
  'writeHead',
  'end',
  'flushHeaders',
  'setHeader',
  'appendHeader',
  'removeHeader',
] as const

/** Names and values in turn: an object, a list of pairs and such a list are headers. */
function inTurn(headers: unknown): unknown[] {
  if (typeof headers !== 'object') return []
  const list = Array.isArray(headers) ? headers : Object.entries(Object(headers))
  return Array.isArray(list[0]) ? list.flat() : list
}
