import { createServer } from 'node:http'
import { admitBy, createAdmission } from '@idem/api/admission'
import { createTrpcHandler } from '@idem/api/trpc-handler'
import { createPool } from '@idem/database/pool'
import type { Operations } from '@idem/operations/create-operations'
import { mintKey } from '../requests/mint-key.ts'

// The server of the app up to the operation, which does nothing (`no-op`) or executes one INSERT without
// a key (`insert`). It neither checks the Host header nor writes a log line, so it is a little faster than
// the app would be at the same.
const { DATABASE_URL: url = '', PORT } = process.env
const pool = createPool({ url })

const inserts = process.argv.includes('insert')

async function createTodo(_: unknown, { input }: { readonly input: { readonly title: string } }) {
  const at = new Date()
  const todo = { id: mintKey(), title: input.title, completed: false, version: 1, createdAt: at }
  if (inserts) {
    await pool.query(
      'insert into todo (owner_id, id, title, created_at, updated_at) values ($1, $2, $3, $4, $4)',
      ['local', todo.id, todo.title, at],
    )
  }
  return { value: todo, text: JSON.stringify(todo), replayed: false }
}

const caller = { owner: 'local' }
// The benchmark calls no other operation.
const operations = { createTodo } as unknown as Operations

const mount = '/api/trpc/'
const noQuery = new URLSearchParams()
const handle = createTrpcHandler({
  contextOf: () => ({ caller, operations }),
  onUnexpected: ({ cause }) => console.error(cause),
  admit: admitBy(createAdmission()),
})

createServer((request, response) => {
  void handle(request, response, request.url?.slice(mount.length) ?? '', noQuery)
}).listen(Number(PORT), '127.0.0.1')

process.once('disconnect', () => process.exit())
