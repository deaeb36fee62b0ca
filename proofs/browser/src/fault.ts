import type { ServerResponse } from 'node:http'

/**
 * - `cut`: the connection breaks before the server has heard anything
 * - `drop_answer`: the server does it and says so, and the connection breaks in the middle of its words
 * - `swallow_answer`: the same, before the first byte. Chromium itself repeats such a call once, a POST as well
 * - `hold`: the call waits on the way to the server until it is released
 * - `hold_answer`: the server does it, and its answer waits until it is released
 * - `refuse`: somebody in between says 503, in words that are not the server's
 */
export type FaultKind = 'cut' | 'drop_answer' | 'swallow_answer' | 'hold' | 'hold_answer' | 'refuse'

/** An answer of the server that has come whole. */
export type Forwarded = {
  writeTo(outgoing: ServerResponse): void
  /** Then breaks the connection. */
  writeHalfTo(outgoing: ServerResponse): void
}

export type Fault = {
  /** Resolves when it has struck: the call is held, or its connection is gone. */
  readonly struck: Promise<void>
  /** Lets a held call go on, whether or not anybody still waits for its answer; resolves when the server has answered it. */
  readonly release: () => Promise<void>
  readonly strike: (outgoing: ServerResponse, send: () => Promise<Forwarded>) => Promise<void>
}

export function planFault(kind: FaultKind): Fault {
  const struck = Promise.withResolvers<void>()
  const released = Promise.withResolvers<void>()
  const over = Promise.withResolvers<void>()

  async function strike(outgoing: ServerResponse, send: () => Promise<Forwarded>): Promise<void> {
    switch (kind) {
      case 'cut':
        outgoing.destroy()
        return struck.resolve()
      case 'refuse':
        outgoing.writeHead(503, { 'content-type': 'text/html' }).end('<h1>Bad luck</h1>')
        return struck.resolve()
      case 'drop_answer': {
        const answer = await send()
        answer.writeHalfTo(outgoing)
        return struck.resolve()
      }
      case 'swallow_answer':
        await send()
        outgoing.destroy()
        return struck.resolve()
      case 'hold': {
        struck.resolve()
        await released.promise
        const answer = await send()
        return answer.writeTo(outgoing)
      }
      case 'hold_answer': {
        const answer = await send()
        struck.resolve()
        await released.promise
        return answer.writeTo(outgoing)
      }
    }
  }

  return {
    struck: struck.promise,
    release() {
      released.resolve()
      return over.promise
    },
    strike: (outgoing, send) => strike(outgoing, send).finally(over.resolve),
  }
}
