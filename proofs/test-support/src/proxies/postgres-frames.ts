/** One message of the PostgreSQL protocol. */
export type Frame = {
  /** Its type byte; the first message of a client has none. */
  readonly type: string
  readonly bytes: Buffer
}

/** A client's first message has a request code in place of the type byte. */
const startUp = 3 << 16

/** Splits a stream into messages, with chunks of any size. Not for a TLS connection. */
export function createFrames(side: 'client' | 'server'): (chunk: Buffer) => Frame[] {
  let rest: Buffer = Buffer.alloc(0)
  let hasLetters = side === 'server'

  function next(): Frame | undefined {
    const letter = hasLetters ? 1 : 0
    if (rest.length < letter + 4) return undefined
    // The length includes itself, but not the type byte.
    const length = letter + rest.readInt32BE(letter)
    if (rest.length < length) return undefined
    const bytes = rest.subarray(0, length)
    rest = rest.subarray(length)
    if (hasLetters) return { type: String.fromCharCode(bytes.readUInt8(0)), bytes }
    hasLetters = bytes.readInt32BE(4) >= startUp && bytes.readInt32BE(4) < startUp + (1 << 16)
    return { type: '', bytes }
  }

  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const frames: Frame[] = []
    for (let frame = next(); frame !== undefined; frame = next()) frames.push(frame)
    return frames
  }
}

/**
 * The statement in a client's message: the text of a query or of a statement without
 * a name, or the name of the prepared statement that it binds.
 */
export function statementOf({ type, bytes }: Frame): string | undefined {
  const words = bytes.toString('utf8', 5).split('\0')
  switch (type) {
    case 'Q':
      return words[0]
    case 'P':
      // A statement with a name is executed by the Bind that follows.
      return words[0] === '' ? words[1] : undefined
    case 'B':
      return words[1]
    default:
      return undefined
  }
}

/** Whether more frames of the same message follow: Parse, Bind, Describe, Execute and Close, until a Sync. */
export function isPart({ type }: Frame): boolean {
  return type !== '' && 'PBDEC'.includes(type)
}

/** The error message of a server that refuses a connection with this SQLSTATE. */
export function fatal(state: string): Buffer {
  return errorResponse('FATAL', state)
}

/** An error as PostgreSQL sends it. */
export function errorResponse(severity: 'ERROR' | 'FATAL', state: string): Buffer {
  const fields = [`S${severity}`, `V${severity}`, `C${state}`, 'Mnot now', ''].join('\0')
  const body = Buffer.from(`${fields}\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(4 + body.length, 1)
  return Buffer.concat([head, body])
}
