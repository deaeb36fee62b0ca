import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { type ObservedServer, observedServer } from './observed-server.ts'

// Each test starts a server, which takes a while on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

/** Part of every title, key and cookie that is sent. */
const canary = 'Hemlock'
const title = `${canary}Title`
const cookie = { cookie: `session=${canary}Cookie` }

let keys = 0

function newKey(): string {
  keys += 1
  return `${canary}Key${keys}`
}

test('no title, complete key or cookie is logged or shown at any log level, for any request', async () => {
  await using server = await observedServer({ level: 'trace' })
  const timeOrdered: string[] = []
  const timeOrderedKey = () => {
    const key = v7()
    timeOrdered.push(key)
    return key
  }
  await callOverTrpc(server, timeOrderedKey)
  await callOverRest(server)
  await failUnexpectedly(server)
  await loseCommits(server)
  await server.loseDatabase()
  await server.mutate('createTodo', { idempotencyKey: newKey(), title })
  const { text } = await server.scrape()
  expect(await server.end()).toEqual({ code: 0, signal: null })

  const log = server.output()
  for (const secret of [canary, ...timeOrdered]) {
    expect(log).not.toContain(secret)
    expect(text).not.toContain(secret)
  }
  // An empty log would pass the checks.
  const said = server.lines()
  for (const outcome of ['executed', 'replayed', 'refused', 'unavailable']) {
    expect(said).toContainEqual(expect.objectContaining({ msg: 'attempt', outcome }))
  }
  expect(said).toContainEqual(expect.objectContaining({ msg: 'attempt', ambiguous: 'replayed' }))
  for (const refusal of ['invalid_input', 'key_malformed', 'forbidden']) {
    expect(said).toContainEqual(expect.objectContaining({ msg: 'call refused', refusal }))
  }
  const unexpected = said.filter(({ msg }) => msg === 'unexpected error')
  expect(unexpected.length).toBeGreaterThan(2)
  for (const { correlationId } of unexpected) expect(correlationId).toMatch(/^[0-9a-f-]{36}$/)
})

async function callOverTrpc({ mutate, post, send }: ObservedServer, timeOrderedKey: () => string) {
  const create = { idempotencyKey: newKey(), title }
  const { todo } = await mutate('createTodo', create)
  await mutate('createTodo', create)
  await mutate('createTodo', { ...create, title: `${title} other` })
  const { id } = todo
  await mutate('createTodo', { idempotencyKey: timeOrderedKey(), title: `${title} time-ordered` })
  await mutate('createTodo', { idempotencyKey: newKey(), title: `${title} taken`, id })
  await mutate('updateTodo', { id, version: 1, title: `${title} new`, idempotencyKey: newKey() })
  await mutate('updateTodo', { id, version: 1, title: `${title} stale`, idempotencyKey: newKey() })
  await mutate('updateTodo', { id, version: 2, title: `${title} keyless` })
  await mutate('deleteTodo', { id, idempotencyKey: newKey() })
  await mutate('restoreTodo', { id, idempotencyKey: newKey() })
  await mutate('createTodo', { idempotencyKey: `${canary} malformed`, title })
  await mutate('createTodo', { idempotencyKey: newKey(), title: 'x'.repeat(501) + canary })
  await mutate(`${canary}Procedure`, { title })
  await mutate('cancel', { idempotencyKey: newKey() })
  await post('/api/trpc/createTodo,createTodo?batch=1', { 0: create, 1: create }, cookie)
  const asked = encodeURIComponent(JSON.stringify({ idempotencyKey: create.idempotencyKey }))
  await send(`/api/trpc/outcomeOf?input=${asked}`, { headers: cookie })
  const search = encodeURIComponent(JSON.stringify({ search: title }))
  await send(`/api/trpc/listTodos?input=${search}`, {})
}

async function callOverRest({ post, send }: ObservedServer) {
  const key = { ...cookie, 'idempotency-key': newKey() }
  const { body } = await post('/todos', { title: `${title} by REST` }, key)
  await post('/todos', { title: `${title} by REST` }, key)
  await post('/todos', { title: `${title} other` }, key)
  await post('/todos', { title: `${title} without a key` })
  await post('/todos', { title, [canary]: true }, key)
  const headers = { 'content-type': 'application/json', 'idempotency-key': newKey() }
  await send('/todos', { method: 'POST', headers, body: `{"title": "${title}", ${canary}` })
  await send(`/todos/${body.id}`, {
    method: 'PUT',
    headers: { ...headers, 'if-match': '"7"' },
    body: JSON.stringify({ title, completed: true }),
  })
  await send(`/todos/${canary}`, { method: 'DELETE', headers })
  await send(`/outcomes/${newKey()}`, { method: 'DELETE' })
  await send(`/todos?search=${title}&cursor=${canary}`, {})
  await post('/todos', { title }, { ...key, origin: `http://${canary}.example` })
}

/** PostgreSQL quotes the whole row of a violated constraint, and a trigger any text. */
async function failUnexpectedly({ sql, mutate, post }: ObservedServer) {
  await sql.query(`alter table todo add constraint no_poison check (title not like '%poison%')`)
  const { todo } = await mutate('createTodo', { idempotencyKey: newKey(), title })
  const poison = `${title} poison`
  const change = { id: todo.id, version: 1, title: poison }
  for (const { status } of [
    await mutate('createTodo', { idempotencyKey: newKey(), title: poison }),
    await mutate('updateTodo', { ...change, idempotencyKey: newKey() }),
    await mutate('updateTodo', change),
    await post('/todos', { title: poison }, { 'idempotency-key': newKey() }),
  ]) {
    expect(status).toBe(500)
  }
  await sql.query('alter table todo drop constraint no_poison')
  const refused = { id: v7(), version: 1, title, idempotencyKey: newKey() }
  expect((await mutate('updateTodo', refused)).status).toBe(404)
  await sql.query('update idem.idempotency_record set refusal = $1 where key = $2', [
    `{"title": ${title}}`,
    refused.idempotencyKey,
  ])
  expect((await mutate('updateTodo', refused)).status).toBe(500)
}

async function loseCommits({ strike, mutate }: ObservedServer) {
  void strike(/idem_lone_createTodo/, 'cut_after')
  await mutate('createTodo', { idempotencyKey: newKey(), title })
  void strike(/^idem_claim_|insert into "idem"\.idempotency_record/, 'cut_before')
  await mutate('updateTodo', { id: v7(), version: 1, title, idempotencyKey: newKey() })
}
