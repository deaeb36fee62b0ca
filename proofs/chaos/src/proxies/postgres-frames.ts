/** One message of the PostgreSQL protocol. */
export type Frame = {
  /** The letter it begins with; none on the first message of a client. */
  readonly type: string
  readonly bytes: Buffer
}

/** A client's first message says what it wants instead of beginning with a letter. */
const startUp = 3 << 16

/** Cuts a stream into messages, however it was cut up on its way. Not for a connection under TLS. */
export function createFrames(side: 'client' | 'server'): (chunk: Buffer) => Frame[] {
  let rest: Buffer = Buffer.alloc(0)
  let hasLetters = side === 'server'

  function next(): Frame | undefined {
    const letter = hasLetters ? 1 : 0
    if (rest.length < letter + 4) return undefined
    // The length counts itself, but not the letter before it.
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
 * What a client's message names: the text of a query or of a statement to be
 * prepared, or the name of the prepared statement that it fills in.
 */
export function statementOf({ type, bytes }: Frame): string | undefined {
  const words = bytes.toString('utf8', 5).split('\0')
  switch (type) {
    case 'Q':
      return words[0]
    case 'P':
    case 'B':
      return words[1]
    default:
      return undefined
  }
}

/** The answer of a server that takes no connection. */
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
