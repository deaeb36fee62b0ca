import { v7 } from 'uuid'
import { expect, test, vi } from 'vitest'
import { type ObservedServer, observedServer } from './observed-server.ts'

// Each test starts a server, which takes a while on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const json = { 'content-type': 'application/json' }
const operations = ['createTodo', 'deleteTodo', 'restoreTodo', 'updateTodo']
const outcomes = ['executed', 'replayed', 'refused', 'in_flight', 'unavailable', 'dropped']

/** Expected counts by operation and outcome; others are zero. */
type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>

/** The counters and the lines of the log must agree. */
async function expectCounts(server: ObservedServer, counts: Counts): Promise<void> {
  const expected = operations.map((operation) => [
    operation,
    outcomes.map((outcome) => counts[operation]?.[outcome] ?? 0),
  ])
  const { value } = await server.scrape()
  const counted = operations.map((operation) => [
    operation,
    outcomes.map((outcome) => value('idem_keyed_attempts_total', { operation, outcome })),
  ])
  expect(counted).toEqual(expected)
  const logged = () =>
    operations.map((operation) => [
      operation,
      outcomes.map((outcome) => attempts(server, { operation, outcome }).length),
    ])
  await expect.poll(logged, { timeout: 10_000 }).toEqual(expected)
}

function attempts(server: ObservedServer, wanted: Readonly<Record<string, unknown>>) {
  return server
    .lines()
    .filter(({ msg }) => msg === 'attempt')
    .filter((line) => Object.entries(wanted).every(([name, value]) => line[name] === value))
}

test('creates, replays and reused keys are counted once, for both APIs and both forms', async () => {
  await using server = await observedServer()
  const intents = Array.from({ length: 20 }, (_, at) => ({ idempotencyKey: v7(), title: `t${at}` }))
  await Promise.all(intents.map((intent) => server.mutate('createTodo', intent)))
  for (const intent of intents.slice(0, 7)) await server.mutate('createTodo', intent)
  const [intent = { idempotencyKey: '', title: '' }] = intents
  const reused = await server.mutate('createTodo', { ...intent, title: 'other' })
  expect(reused.refusal).toBe('key_reused')

  const keyed = { 'idempotency-key': 'abc-123' }
  await server.post('/todos', { title: 'by REST' }, keyed)
  await server.post('/todos', { title: 'by REST' }, keyed)
  await server.post('/todos', { title: 'without a key' })

  const twice = { idempotencyKey: v7(), title: 'twice in a batch' }
  await server.post('/api/trpc/createTodo,createTodo?batch=1', { 0: twice, 1: twice })

  // The batch leaves out an existing client id and decides its outcome.
  const chosen = { idempotencyKey: v7(), title: 'chosen', id: v7() }
  await server.mutate('createTodo', chosen)
  const taken = await server.mutate('createTodo', {
    ...chosen,
    idempotencyKey: v7(),
    title: 'taken',
  })
  expect(taken.refusal).toBe('id_taken')

  await expectCounts(server, {
    createTodo: { executed: 23, replayed: 9, refused: 2 },
  })
  const { value } = await server.scrape()
  expect(value('idem_key_reused_total')).toBe(1)
  expect(value('idem_key_reused_total', { operation: 'createTodo' })).toBe(1)
  expect(value('idem_attempt_duration_seconds_count', { operation: 'createTodo' })).toBe(34)
  expect(value('idem_replay_age_seconds_count')).toBe(9)
  expect(value('idem_ambiguous_commits_total')).toBe(0)
  expect(attempts(server, { refusal: 'key_reused', level: 40 })).toHaveLength(1)
  expect(attempts(server, { level: 40 })).toHaveLength(1)
})

test('fifty concurrent duplicates count as one execution and 49 replays', async () => {
  await using server = await observedServer()
  const intent = { idempotencyKey: v7(), title: 'held Enter' }
  await Promise.all(Array.from({ length: 50 }, () => server.mutate('createTodo', intent)))
  await expectCounts(server, { createTodo: { executed: 1, replayed: 49 } })
  // All are attempts of one intent and have one key hash.
  expect(new Set(attempts(server, {}).map(({ keyHash }) => keyHash)).size).toBe(1)
})

test('every keyed mutation is counted under its operation, and mutations without a key are not counted', async () => {
  await using server = await observedServer()
  const create = { idempotencyKey: v7(), title: 'milk' }
  const { todo } = await server.mutate('createTodo', create)
  const update = { id: todo.id, version: 1, title: 'tea', idempotencyKey: v7() }
  await server.mutate('updateTodo', update)
  await server.mutate('updateTodo', update)
  const stale = { ...update, idempotencyKey: v7() }
  expect((await server.mutate('updateTodo', stale)).refusal).toBe('version_conflict')
  expect((await server.mutate('updateTodo', stale)).refusal).toBe('version_conflict')
  await server.mutate('deleteTodo', { id: todo.id, idempotencyKey: 'd' })
  await server.send(`/todos/${todo.id}`, { method: 'DELETE', headers: { 'idempotency-key': 'd' } })
  await server.send(`/todos/${todo.id}`, { method: 'DELETE' })
  await server.mutate('restoreTodo', { id: todo.id, idempotencyKey: v7() })
  await server.mutate('restoreTodo', { id: v7(), idempotencyKey: v7() })
  await server.mutate('updateTodo', { id: todo.id, version: 4, completed: true })
  await expectCounts(server, {
    createTodo: { executed: 1 },
    updateTodo: { executed: 1, replayed: 2, refused: 1 },
    deleteTodo: { executed: 1, replayed: 1 },
    restoreTodo: { executed: 1, refused: 1 },
  })
  expect(attempts(server, { outcome: 'refused', refusal: 'version_conflict' })).toHaveLength(1)
  expect(attempts(server, { outcome: 'replayed', refusal: 'version_conflict' })).toHaveLength(1)
})

test('requests without a claim, outcome queries and cancellations are not counted as attempts', async () => {
  await using server = await observedServer()
  const key = v7()
  expect((await server.mutate('createTodo', { title: 'no key' })).refusal).toBe('key_missing')
  await server.mutate('createTodo', { idempotencyKey: 'a b', title: 'milk' })
  await server.mutate('createTodo', { idempotencyKey: v7(), title: '' })
  await server.send('/todos', {
    method: 'POST',
    headers: { ...json, 'idempotency-key': 'k' },
    body: '{',
  })
  await server.mutate('cancel', { idempotencyKey: key })
  await server.send(`/outcomes/${key}`, { method: 'GET' })
  await expectCounts(server, {})
  // With the cancelled key, and with those outside their window, a claim was tried.
  const old = v7({ msecs: Date.now() - 24 * 3_600_000 })
  const early = v7({ msecs: Date.now() + 3_600_000 })
  for (const idempotencyKey of [key, old, early]) {
    await server.mutate('createTodo', { idempotencyKey, title: 'milk' })
  }
  await expectCounts(server, { createTodo: { refused: 3 } })
  for (const refusal of ['cancelled', 'key_expired', 'key_from_future']) {
    expect(attempts(server, { refusal })).toHaveLength(1)
  }
})

test('a claim that timed out counts as in_flight, with its wait', async () => {
  await using server = await observedServer()
  await server.sql.query('begin')
  await server.sql.query(
    `insert into idem.idempotency_record (owner_id, key, operation, fingerprint, created_at)
     values ('local', 'held', 'createTodo', sha256('x'), now())`,
  )
  const held = await server.mutate('createTodo', { idempotencyKey: 'held', title: 'milk' })
  expect(held.refusal).toBe('in_flight')
  await server.sql.query('rollback')
  await expectCounts(server, { createTodo: { in_flight: 1 } })
  const { value } = await server.scrape()
  expect(value('idem_claim_wait_seconds_bucket', { le: '1' })).toBe(0)
  expect(value('idem_claim_wait_seconds_bucket', { le: '+Inf' })).toBe(1)
})

test('a failed batch is counted and logged by its SQLSTATE, without title and key', async () => {
  await using server = await observedServer()
  expect((await server.scrape()).value('idem_failed_batches_total')).toBe(0)
  await server.sql.query('alter table todo add check (title <> $$rotten milk$$)')
  const titles = ['tea', 'rotten milk', 'bread', 'salt']
  const creates = titles.map((title) =>
    server.mutate('createTodo', { idempotencyKey: v7(), title }),
  )
  const statuses = (await Promise.all(creates)).map(({ status }) => status)
  expect(statuses).toEqual([200, 500, 200, 200])
  const failed = (await server.scrape()).value('idem_failed_batches_total', { sqlstate: '23514' })
  expect(failed).toBeGreaterThan(0)
  const lines = () => server.lines().filter(({ msg }) => msg === 'batch failed')
  await expect.poll(() => lines().length, { timeout: 10_000 }).toBeGreaterThan(0)
  const [line] = lines()
  expect(line).toMatchObject({ level: 40, operation: 'createTodo', sqlState: '23514' })
  expect(JSON.stringify(line)).not.toContain('rotten')
})

test('an ambiguous commit is counted with its resolution', async () => {
  await using server = await observedServer()
  const before = await server.mutate('createTodo', { idempotencyKey: v7(), title: 'before' })
  expect(before.status).toBe(200)
  void server.strike(/idem_lone_createTodo/, 'cut_after')
  const lost = { idempotencyKey: v7(), title: 'lost' }
  expect((await server.mutate('createTodo', lost)).status).toBe(200)
  void server.strike(/idem_lone_createTodo/, 'cut_before')
  expect((await server.mutate('createTodo', { ...lost, idempotencyKey: v7() })).status).toBe(200)
  await expectCounts(server, { createTodo: { executed: 2, replayed: 1 } })
  const { value } = await server.scrape()
  expect(value('idem_ambiguous_commits_total', { resolved: 'replayed' })).toBe(1)
  expect(value('idem_ambiguous_commits_total', { resolved: 'executed' })).toBe(1)
  expect(value('idem_ambiguous_commits_total', { resolved: 'unresolved' })).toBe(0)
  expect(attempts(server, { ambiguous: 'replayed', level: 40 })).toHaveLength(1)
})

test('without a database attempts count as unavailable, and the metrics are still shown', async () => {
  await using server = await observedServer()
  await server.mutate('createTodo', { idempotencyKey: v7(), title: 'before' })
  await server.loseDatabase()
  const away = await server.mutate('createTodo', { idempotencyKey: v7(), title: 'away' })
  expect(away.refusal).toBe('unavailable')
  const begun = performance.now()
  const { status, value } = await server.scrape()
  expect(status).toBe(200)
  expect(performance.now() - begun).toBeLessThan(5_000)
  expect(value('idem_records')).toBeUndefined()
  await expect
    .poll(async () => (await server.scrape()).value('idem_ready'), { timeout: 10_000 })
    .toBe(0)
  await expectCounts(server, { createTodo: { executed: 1, unavailable: 1 } })
  expect(attempts(server, { outcome: 'unavailable', level: 40 })).toHaveLength(1)
})

test('the server cleans soon after its start and reports time and counts', async () => {
  await using server = await observedServer({
    before: `insert into idem.idempotency_record (owner_id, key, cancelled, created_at)
      values ('local', 'old', true, now() - interval '25 hours'), ('local', 'young', true, now())`,
  })
  for (const what of ['keys', 'tombstones']) {
    const cleaned = async () =>
      (await server.scrape()).value('idem_cleaning_last_success_timestamp_seconds', { what })
    await expect.poll(cleaned, { timeout: 15_000 }).toBeGreaterThan(Date.now() / 1_000 - 60)
  }
  expect((await server.scrape()).value('idem_cleaned_records_total')).toBe(1)
  const { rows } = await server.sql.query('select key from idem.idempotency_record')
  expect(rows).toEqual([{ key: 'young' }])
  await expect
    .poll(server.lines, { timeout: 5_000 })
    .toContainEqual(expect.objectContaining({ msg: 'cleaned', keys: 1, tombstones: 0 }))
})
