import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { RefusalError } from '@idem/contract/refusal'
import { invalidInput } from './parse-input.ts'

/** 64 KiB: a batch of ten titles of 500 code points fits even when each is escaped, which takes 12 bytes. */
const mostBodyBytes = 64 * 1024

/**
 * Reads the JSON body of a request. Bytes are counted while they are read, so a body that is too large is
 * refused before it is in memory.
 */
export async function readJsonText(request: IncomingMessage): Promise<string> {
  refuseOtherTypes(request)
  const bytes = await readBody(request)
  // Lenient decoding would store replacement characters that the client did not send.
  if (!isUtf8(bytes)) throw new RefusalError('wrong_type')
  return bytes.toString()
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw invalidInput([''], { cause })
  }
}

// Any page can send a form or plain text to this server without a preflight request, but not JSON.
function refuseOtherTypes({ headers }: IncomingMessage): void {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';')
  const foreign = parameters.some(
    (parameter) => !/^\s*(charset\s*=\s*"?utf-8"?)?\s*$/.test(parameter),
  )
  const coded = (headers['content-encoding'] ?? 'identity') !== 'identity'
  if (type.trim() !== 'application/json' || foreign || coded) throw new RefusalError('wrong_type')
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > mostBodyBytes) {
    return Promise.reject(new RefusalError('too_large'))
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > mostBodyBytes) {
        request.removeAllListeners('data')
        reject(new RefusalError('too_large'))
      } else {
        chunks.push(chunk)
      }
    })
    request.on('end', () =>
      resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
    )
    request.on('error', (cause) => reject(incomplete(cause)))
    request.on('close', () => {
      // Every request closes in the end, and creating an Error is expensive.
      if (request.readableEnded) return
      reject(incomplete(new Error('The connection was closed before the body was complete.')))
    })
  })
}

// The client has disconnected and gets no answer. A refusal and not a bug: otherwise any client could
// fill the log with stacks.
function incomplete(cause: Error): RefusalError {
  return invalidInput([''], { cause })
}

/** Closes the connection after an unread body, whose rest would be parsed as the next request. */
export function closeIfUnread(request: IncomingMessage): Record<string, string> {
  return request.complete ? {} : { connection: 'close' }
}
