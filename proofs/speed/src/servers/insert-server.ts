import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { mintKey } from '../requests/mint-key.ts'

// The minimum that stores a todo: no tRPC, no key, no check of the input, one plain statement. A
// repeated request creates a second todo.
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', async () => {
    const { title } = JSON.parse(Buffer.concat(chunks).toString())
    const todo = { id: mintKey(), title, completed: false, version: 1, createdAt: new Date() }
    await pool.query(
      'insert into todo (owner_id, id, title, created_at, updated_at) values ($1, $2, $3, $4, $4)',
      ['local', todo.id, todo.title, todo.createdAt],
    )
    const body = JSON.stringify(todo)
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    })
    response.end(body)
  })
})

server.listen(Number(process.env.PORT), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`serve http://127.0.0.1:${port}\n`)
})

process.once('disconnect', () => process.exit())
