import { once } from 'node:events'
import { v7 } from 'uuid'
import { batchOf, get, keyedCreate, post } from '../load/requests.ts'
import { runClients } from '../load/run-clients.ts'
import type { FloodPlan } from './flooding-address.ts'

// Runs as a separate process, so that the flood does not take the time of the client beside it. The plan is
// an argument. Over the channel go: that every connection got an answer, the end, the report.
process.once('disconnect', () => process.exit())
const { url, kind, connections, apiKey }: FloodPlan = JSON.parse(process.argv[2] ?? '')
const over = new AbortController()
void once(process, 'message').then(() => over.abort())

const requests = {
  read: () => get('listTodos', { limit: 100 }),
  write: keyedCreate,
  batch: () => post(batchOf('createTodo', 10), { ...Array.from({ length: 10 }, input) }),
  'sign-in': () =>
    post('/api/auth/sign-in', { email: `${v7()}@todo.example`, password: 'guessed' }),
}

function input() {
  return { idempotencyKey: v7(), title: 'Buy milk' }
}

const answered = new Set<number>()
const report = await runClients({
  ...{ url, clients: connections, until: over.signal, refused: 'insist' },
  next(client, last) {
    if (last !== undefined && answered.size < connections) {
      answered.add(client)
      if (answered.size === connections) process.send?.('flooding')
    }
    return { ...requests[kind](), apiKey }
  },
})
process.send?.(report.statuses, () => process.disconnect())
