import { createServer } from 'node:http'
import { createIdempotency } from '@idem/idempotency'
import { pgAdapter } from '@idem/idempotency/pg'
import pg from 'pg'
import { mintKey } from '../requests/mint-key.ts'

// The package over `pg`, as in its README: each create is a transaction of its own.
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })
pool.on('error', (error) => console.error(error.message))
const idempotency = createIdempotency({ adapter: pgAdapter(pool) })

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', async () => {
    const { idempotencyKey: key, ...input } = JSON.parse(Buffer.concat(chunks).toString())
    const intent = { owner: 'local', key, operation: 'createTodo', input }
    const answer = await idempotency
      .run(intent, async (tx) => {
        const at = new Date()
        const todo = { id: mintKey(), title: input.title, completed: false, version: 1 }
        await tx.query(
          'insert into todo (owner_id, id, title, created_at, updated_at) values ($1, $2, $3, $4, $4)',
          ['local', todo.id, todo.title, at],
        )
        return { ...todo, createdAt: at }
      })
      .catch((error: unknown) => {
        console.error(error)
        return undefined
      })
    const body = answer?.text ?? '{"error":"see the log"}'
    response.writeHead(answer === undefined ? 503 : 200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    })
    response.end(body)
  })
})

server.listen(Number(process.env.PORT), '127.0.0.1')

process.once('disconnect', () => process.exit())
