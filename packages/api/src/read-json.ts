import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { RefusalError } from '@idem/contract/refusal'

/** 64 KiB: a title of 500 characters fits a hundred times, ten times over in a batch. */
const mostBodyBytes = 64 * 1024

/**
 * The body of a request that says it is JSON. The bytes are counted while they
 * are read, so a body that grows too large is refused without being held.
 */
export async function readJsonText(request: IncomingMessage): Promise<string> {
  refuseOtherTypes(request)
  const bytes = await readBody(request)
  // Decoding would turn stray bytes into replacement characters and store what nobody sent.
  if (!isUtf8(bytes)) throw new RefusalError('wrong_type')
  return bytes.toString()
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new RefusalError('invalid_input', { paths: [''] }, { cause })
  }
}

// A form or a plain-text body can be sent by any page without asking; JSON cannot.
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
      // Every request closes in the end, and an error is dear to make.
      if (request.readableEnded) return
      reject(incomplete(new Error('The connection was closed before the body had arrived.')))
    })
  })
}

// Whoever left hears nothing of it. As a refusal it is not taken for a bug of ours, which anybody
// could otherwise have logged, stack and all, as often as they like.
function incomplete(cause: Error): RefusalError {
  return new RefusalError('invalid_input', { paths: [''] }, { cause })
}
