// The package's own plugins use the core like this: `onRequest` claims the key or returns the stored response,
// `onResponse` stores it. Its defaults: 24 hours for a key, 409 while a request is in progress.
import { Idempotency } from '@node-idempotency/core'
import { RedisStorageAdapter } from '@node-idempotency/storage-adapter-redis'
import { serve } from './serve.mjs'
import { insertTodo, newTodo } from './todos.mjs'

const storage = new RedisStorageAdapter({ url: process.env.VALKEY_URL })
await storage.connect()
const idempotency = new Idempotency(storage)

serve(
  async ({ body, request }) => {
    const intent = { headers: request.headers, path: request.url, method: request.method, body }
    const stored = await idempotency.onRequest(intent)
    if (stored !== undefined) return stored.body
    const todo = await insertTodo(newTodo(body.title))
    await idempotency.onResponse(intent, { body: todo })
    return todo
  },
  ({ code }) => code === 'REQUEST_IN_PROGRESS',
)
