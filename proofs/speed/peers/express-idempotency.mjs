// The example of the package's README, with its default adapter, which keeps the keys in memory. The only other
// one needs MongoDB.
import express from 'express'
import { getSharedIdempotencyService, idempotency } from 'express-idempotency'
import { insertTodo, newTodo } from './todos.mjs'

const app = express()
app.use(express.json())
app.use(idempotency())

app.post('/todos', async (request, response) => {
  if (getSharedIdempotencyService().isHit(request)) return
  response.json(await insertTodo(newTodo(request.body.title)))
})

// A key in progress comes here, with 409 set.
app.use((error, _request, response, _next) => {
  if (!response.headersSent) response.json({ error: error.message })
})

app.listen(Number(process.env.PORT), '127.0.0.1')

process.once('disconnect', () => process.exit())
