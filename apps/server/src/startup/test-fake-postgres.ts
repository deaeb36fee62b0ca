import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

export type FakePostgresBehaviour =
  /** Answers every statement with this one row of text values. */
  | { readonly row: Readonly<Record<string, string>> }
  /** Rejects every connection with this SQLSTATE. */
  | { readonly refuses: string }

const sslRequest = 80877103

/** The part of PostgreSQL's protocol that a failing start sees. It does not support TLS. */
export async function fakePostgres(behaviour: FakePostgresBehaviour) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => answer(socket, bytes, behaviour))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `postgresql://idem:secret@127.0.0.1:${port}/idem`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Each of the client's messages fits one packet. */
function answer(socket: Socket, bytes: Buffer, behaviour: FakePostgresBehaviour): void {
  const type = String.fromCharCode(bytes[0] ?? 0)
  if (type === 'X') return
  if (type === 'Q' && 'row' in behaviour) socket.write(result(behaviour.row))
  else if (bytes.readUInt32BE(4) === sslRequest) socket.write('N')
  else if ('row' in behaviour) socket.write(Buffer.concat([message('R', int32(0)), readyForQuery]))
  else socket.end(refusal(behaviour.refuses))
}

const readyForQuery = message('Z', Buffer.from('I'))

function refusal(state: string): Buffer {
  const fields = ['SFATAL', `C${state}`, 'Mrole "idem" does not exist'].map(text)
  return message('E', ...fields, Buffer.from([0]))
}

function result(row: Readonly<Record<string, string>>): Buffer {
  const columns = Object.keys(row).map((name) => Buffer.concat([text(name), column]))
  const values = Object.values(row).map((value) =>
    Buffer.concat([int32(value.length), Buffer.from(value)]),
  )
  return Buffer.concat([
    message('T', int16(columns.length), ...columns),
    message('D', int16(values.length), ...values),
    message('C', text('SELECT 1')),
    readyForQuery,
  ])
}

/** No table, type text, any length, text format. */
const column = Buffer.concat([int32(0), int16(0), int32(25), int16(-1), int32(-1), int16(0)])

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

function text(value: string): Buffer {
  return Buffer.from(`${value}\0`)
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}
