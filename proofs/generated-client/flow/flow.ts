import createClient from 'openapi-fetch'
import type { paths } from './generated/openapi.ts'

/** A program whose author has only the URL of `/openapi.json`. */
const baseUrl = process.argv[2] ?? 'http://localhost:3000'
const client = createClient<paths>({ baseUrl })

type Recorded = { readonly status: number; readonly replayed: string | null; readonly text: string }

const steps: Record<string, Recorded> = {}
const milk = { title: 'Buy milk' }

const first = await create('first', 'abc-123')
await create('again', 'abc-123')
await create('another key', 'xyz-789')
await create('without a key')

const read = await client.GET('/todos/{id}', { params: { path: { id: first.id } } })
const version = read.response.headers.get('etag')
if (version === null) throw new Error('Expected an ETag with the todo.')
await note('read', read)

const change = {
  params: { path: { id: first.id }, header: { 'If-Match': version } },
  body: { title: 'Buy oat milk', completed: true },
}
const changed = await client.PUT('/todos/{id}', change)
await note('changed', changed)
const stale = await client.PUT('/todos/{id}', change)
await note('changed from a version it has no more', stale)
// The refusal is typed too, including its todo.
if (stale.error?.refusal.current?.version !== changed.data?.version) {
  throw new Error('Expected the current todo with the refusal.')
}

for (const name of ['deleted', 'deleted again']) {
  await note(name, await client.DELETE('/todos/{id}', { params: { path: { id: first.id } } }))
}
await note(
  'read when gone',
  await client.GET('/todos/{id}', { params: { path: { id: first.id } } }),
)
for (const name of ['deleted a missing todo', 'deleted a missing todo again']) {
  await note(name, await client.DELETE('/todos/{id}', { params: { path: { id: '99' } } }))
}
const list = await client.GET('/todos', { params: { query: { limit: 10, show: 'open' } } })
await note('list', list)
await note('outcome', await client.GET('/outcomes/{key}', { params: { path: { key: 'abc-123' } } }))

console.log(JSON.stringify(steps))

async function create(name: string, key?: string) {
  const made = await client.POST('/todos', {
    body: milk,
    params: { header: key === undefined ? {} : { 'Idempotency-Key': key } },
    // The exact text for the comparison; the client still reads it as JSON.
    parseAs: 'text',
  })
  if (made.data === undefined)
    throw new Error(`Expected a todo, received ${JSON.stringify(made.error)}.`)
  const { response } = made
  steps[name] = { status: response.status, replayed: replayed(response), text: made.data }
  return JSON.parse(made.data) as { id: string }
}

async function note(name: string, answer: { data?: unknown; error?: unknown; response: Response }) {
  const { data, error, response } = answer
  const text = JSON.stringify(data ?? error) ?? ''
  steps[name] = { status: response.status, replayed: replayed(response), text }
}

function replayed(response: Response): string | null {
  return response.headers.get('idempotent-replayed')
}
