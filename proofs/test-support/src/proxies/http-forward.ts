import {
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http'
import type { Random } from '../random.ts'

/** A complete response of the server. */
export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export type ForwardSettings = {
  readonly agent: Agent
  readonly target: string | undefined
  readonly incoming: IncomingMessage
  readonly body: Buffer
}

/** Resolves with the complete response, so that a dropped response is known to have happened. */
export function forward({ agent, target, incoming, body }: ForwardSettings): Promise<Answer> {
  const { method, url = '/', headers } = incoming
  return new Promise((resolve, reject) => {
    const sent = request(new URL(url, target), { agent, method, headers }, (answer) => {
      const { statusCode = 502, headers: answered } = answer
      bytesOf(answer).then(
        (bytes) => resolve({ status: statusCode, headers: answered, body: bytes }),
        reject,
      )
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** Resets the connection. */
export function cut(outgoing: ServerResponse): void {
  outgoing.socket?.resetAndDestroy()
}

/** The response passes in one piece, so the framing of the server does not apply. */
function writeHead(outgoing: ServerResponse, { status, headers, body }: Answer): ServerResponse {
  const { 'transfer-encoding': _, connection: __, ...others } = headers
  return outgoing.writeHead(status, { ...others, 'content-length': body.length })
}

export function writeWhole(outgoing: ServerResponse, answer: Answer): void {
  writeHead(outgoing, answer).end(answer.body)
}

/** Writes half of the body and closes the connection. */
export function writeHalf(outgoing: ServerResponse, answer: Answer): void {
  const half = answer.body.subarray(0, answer.body.length / 2)
  writeHead(outgoing, answer).write(half, () => outgoing.destroy())
}

const mostPieceBytes = 40

export async function writeSliced(outgoing: ServerResponse, answer: Answer, random: Random) {
  writeHead(outgoing, answer)
  for (let from = 0; from < answer.body.length && outgoing.writable; ) {
    const to = from + random.between(1, mostPieceBytes)
    outgoing.write(answer.body.subarray(from, to))
    from = to
    // One turn of the event loop between two pieces, or the kernel would join them.
    await new Promise(setImmediate)
  }
  outgoing.end()
}

export async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  return Buffer.concat(await message.toArray())
}
