export type HttpAnswer = {
  readonly status: number
  readonly body: string
  /** Whether it is the last response on its connection. */
  readonly closes: boolean
}

/**
 * Reads responses from one keep-alive connection, by content-length or in chunks. Bytes are kept as
 * Latin-1 characters, so that lengths in characters equal lengths in bytes.
 */
export function createResponseReader(): (bytes: Buffer) => HttpAnswer | undefined {
  let read = ''

  return function take(bytes) {
    read += bytes.toString('latin1')
    const headEnd = read.indexOf('\r\n\r\n')
    if (headEnd < 0) return undefined
    const head = read.slice(0, headEnd)
    const body = bodyOf(head, read, headEnd + 4)
    if (body === undefined) return undefined
    const status = Number(read.slice(9, 12))
    read = ''
    return { status, body, closes: /\nconnection: *close/i.test(head) }
  }
}

function bodyOf(head: string, read: string, start: number): string | undefined {
  const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length === undefined) return chunked(head, read, start)
  const end = start + Number(length)
  if (read.length < end) return undefined
  if (read.length > end) throw new Error('Received more responses than requests.')
  return read.slice(start)
}

function chunked(head: string, read: string, start: number): string | undefined {
  if (!/\ntransfer-encoding: *chunked/i.test(head)) {
    throw new Error(`An answer says neither its length nor that it comes in chunks:\n${head}`)
  }
  let body = ''
  for (let at = start; ; ) {
    const line = read.indexOf('\r\n', at)
    if (line < 0) return undefined
    const size = Number.parseInt(read.slice(at, line), 16)
    if (size === 0) return read.endsWith('\r\n\r\n') ? body : undefined
    if (read.length < line + 2 + size + 2) return undefined
    body += read.slice(line + 2, line + 2 + size)
    at = line + 2 + size + 2
  }
}
