import { seeded } from '@idem/test-support/random'
import { v7 } from 'uuid'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import {
  type CallResult,
  type FaultyDatabaseServer,
  faultyDatabaseServer,
  raise,
} from './faulty-database-server.ts'

vi.setConfig({ testTimeout: 30_000, hookTimeout: 60_000 })

// One process serves all tests: damage of one fault would show in the next test.
let it: FaultyDatabaseServer
beforeAll(async () => {
  it = await faultyDatabaseServer()
})
afterEach(async () => {
  expect(await it.wellAgainMs()).toBeLessThan(10_000)
})
afterAll(async () => {
  expect(await it.log.stuckSessions()).toBe(0)
  await it[Symbol.asyncDispose]()
})

const key = () => ({ idempotencyKey: v7() })
const unavailable = {
  status: 503,
  retryAfter: '1',
  refusal: { code: 'unavailable', retry: 'same_key' },
}
const inFlight = { status: 409, retryAfter: '1', refusal: { code: 'in_flight', retry: 'same_key' } }
const batchStatement = /^idem_(lone|batch)_createTodo$/
const batchOfChanges = /^idem_(lone|batch)_changeTodo$/

/** The next change with a key runs alone, because its batch cannot read. */
function nextRunsAlone() {
  return it.proxy.strike(/^idem_read_changeTodo$/, 'cut_before')
}

async function change() {
  const { id } = await it.newTodo()
  return { id, version: 1, completed: true }
}

/** One effect, and the same answer to the byte for every retry. */
async function expectChangedOnce(first: CallResult, sent: { id: string }) {
  expect(first).toMatchObject({ status: 200, todo: { id: sent.id, version: 2 } })
  expect((await it.mutate('updateTodo', sent)).text).toBe(first.text)
  expect(await it.effectsOf(sent.id)).toEqual(['made', 'changed'])
}

async function expectMadeOnce(first: CallResult, sent: { title: string }) {
  expect(first).toMatchObject({ status: 200, todo: { title: sent.title, version: 1 } })
  expect((await it.mutate('createTodo', sent)).text).toBe(first.text)
  expect(await it.madeUnder(sent.title)).toBe(1)
}

// Rolled back for certain.

test.each(['updateTodo', 'deleteTodo'])(
  '%s that loses a deadlock is repeated and has one effect',
  async (operation) => {
    const { id } = await it.newTodo()
    const sent = {
      ...key(),
      id,
      version: 1,
      ...(operation === 'updateTodo' && { title: 'Buy tea' }),
    }
    const other = await it.direct.connect()
    // The server has waited longer, so it detects the deadlock.
    await other.query(`begin; set local deadlock_timeout = '20 s'`)
    await other.query('select from todo where id = $1 for update', [id])
    const answer = it.mutate(operation, sent)
    await it.sessions(`wait_event_type = 'Lock'`)
    await other.query(
      `insert into idem.idempotency_record (owner_id, key, cancelled, created_at) values ('local', $1, true, now())`,
      [sent.idempotencyKey],
    )
    await other.query('rollback')
    other.release()
    // A lock time-out would have been 409.
    expect(await answer).toMatchObject({ status: 200 })
    const done = operation === 'updateTodo' ? 'changed' : 'deleted'
    expect(await it.effectsOf(id)).toEqual(['made', done])
  },
)

test.each(['40001', '40P01'])('a commit that ends in %s is repeated', async (state) => {
  const sent = { ...key(), ...(await change()) }
  await using _ = await it.trouble({ table: 'todo', plpgsql: raise(state), times: 2, at: 'commit' })
  await expectChangedOnce(await it.mutate('updateTodo', sent), sent)
})

test.each(['40001', '40P01', '57014', '25006'])(
  'after %s the work is repeated, with and without a key',
  async (state) => {
    const [keyed, bare] = [{ ...key(), ...(await change()) }, await change()]
    {
      await using _ = await it.trouble({ table: 'todo', plpgsql: raise(state), times: 2 })
      await expectChangedOnce(await it.mutate('updateTodo', keyed), keyed)
    }
    await using _ = await it.trouble({ table: 'todo', plpgsql: raise(state), times: 2 })
    expect(await it.mutate('updateTodo', bare)).toMatchObject({ status: 200, todo: { version: 2 } })
    expect(await it.effectsOf(bare.id)).toEqual(['made', 'changed'])
  },
)

test.each(['40001', '57014'])('a create whose batch met %s runs alone', async (state) => {
  const sent = { ...key(), title: `Group met ${state}` }
  await using _ = await it.trouble({ table: 'todo', plpgsql: raise(state), times: 2 })
  await expectMadeOnce(await it.mutate('createTodo', sent), sent)
})

test('three failed tries give 503, and the same key works afterwards', async () => {
  const sent = { ...key(), ...(await change()) }
  {
    await using _ = await it.trouble({ table: 'todo', plpgsql: raise('40001'), times: 3 })
    void nextRunsAlone()
    expect(await it.mutate('updateTodo', sent)).toMatchObject(unavailable)
    expect(await it.effectsOf(sent.id)).toEqual(['made'])
  }
  await expectChangedOnce(await it.mutate('updateTodo', sent), sent)
})

test('a statement of more than 3 s is cancelled by the database and repeated', async () => {
  const sent = { ...key(), ...(await change()) }
  await using _ = await it.trouble({ table: 'todo', plpgsql: 'perform pg_sleep(20)', times: 1 })
  const answer = await it.mutate('updateTodo', sent)
  expect(answer.tookMs).toBeLessThan(4_500)
  await expectChangedOnce(answer, sent)
})

// Waited too long.

test('a todo locked for more than 1.5 s gives in_flight, and the same key works afterwards', async () => {
  const sent = { ...key(), ...(await change()) }
  const other = await it.direct.connect()
  await other.query('begin')
  await other.query('select from todo where id = $1 for update', [sent.id])
  const answer = await it.mutate('updateTodo', sent)
  await other.query('rollback')
  other.release()
  expect(answer).toMatchObject(inFlight)
  expect(answer.tookMs).toBeLessThan(2_500)
  await expectChangedOnce(await it.mutate('updateTodo', sent), sent)
})

test('a key claimed by another session for more than 1.5 s gives in_flight, and is free after its rollback', async () => {
  const sent = { ...key(), title: 'Claimed elsewhere' }
  const other = await it.direct.connect()
  await other.query('begin')
  await other.query(
    `insert into idem.idempotency_record (owner_id, key, cancelled, created_at) values ('local', $1, true, now())`,
    [sent.idempotencyKey],
  )
  expect(await it.mutate('createTodo', sent)).toMatchObject(inFlight)
  expect(await it.madeUnder(sent.title)).toBe(0)
  await other.query('rollback')
  other.release()
  await expectMadeOnce(await it.mutate('createTodo', sent), sent)
})

// Never started.

test('a database that refuses connections gives 503, safe to retry even without a key', async () => {
  await it.newTodo()
  await it.proxy.refuse()
  it.proxy.cutAll()
  const sent = { ...key(), title: 'Refused at first' }
  const [keyed, bare] = await Promise.all([
    it.mutate('createTodo', sent),
    it.rest('POST', '/todos', { title: 'Refused for good' }),
  ])
  expect(await it.ready()).toBe(false)
  await it.proxy.accept()
  expect(keyed).toMatchObject(unavailable)
  expect(bare).toMatchObject(unavailable)
  await expectMadeOnce(await it.mutate('createTodo', sent), sent)
  expect(await it.madeUnder('Refused for good')).toBe(0)
})

test.each(['53300', '57P03'])(
  'a database that rejects connections with %s gives 503',
  async (state) => {
    await it.proxy.refuse(state)
    it.proxy.cutAll()
    const [made, changed] = [
      { ...key(), title: `At the door: ${state}` },
      { ...key(), id: v7(), version: 1 },
    ]
    const answers = await Promise.all([
      it.mutate('createTodo', made),
      it.mutate('updateTodo', changed),
    ])
    await it.proxy.accept()
    for (const answer of answers) expect(answer).toMatchObject(unavailable)
    await expectMadeOnce(await it.mutate('createTodo', made), made)
  },
)

/** The connections that the server uses for them. */
const transactionsAtOnce = 8

test('an attempt that waits more than 2 s for a connection gets 503, and the others are answered', async () => {
  const busy = await Promise.all(Array.from({ length: transactionsAtOnce }, change))
  const late = { ...key(), ...(await change()) }
  {
    const times = transactionsAtOnce
    await using _ = await it.trouble({ table: 'todo', plpgsql: 'perform pg_sleep(4.2)', times })
    const slow: Promise<CallResult>[] = []
    for (const sent of busy) {
      void nextRunsAlone()
      slow.push(it.mutate('updateTodo', sent))
      await it.sessions(`wait_event = 'PgSleep'`, slow.length)
    }
    void nextRunsAlone()
    const keyed = await it.mutate('updateTodo', late)
    expect(keyed).toMatchObject(unavailable)
    expect(keyed.tookMs).toBeLessThan(2_700)
    for (const answer of slow) expect(await answer).toMatchObject({ status: 200 })
  }
  await expectChangedOnce(await it.mutate('updateTodo', late), late)
})

// Unknown.

test('a session terminated by an operator is discarded, and another one does the work', async () => {
  const sent = { ...key(), ...(await change()) }
  await using _ = await it.trouble({ table: 'todo', plpgsql: 'perform pg_sleep(20)', times: 1 })
  const answer = it.mutate('updateTodo', sent)
  const pids = await it.sessions(`wait_event = 'PgSleep'`)
  await it.direct.query('select pg_terminate_backend($1)', [pids[0]])
  await expectChangedOnce(await answer, sent)
})

test('a session terminated by the idle-in-transaction time-out is discarded, and another one does the work', async () => {
  const sent = { ...key(), ...(await change()) }
  const plpgsql = `perform set_config('idle_in_transaction_session_timeout', '50', true)`
  await using _ = await it.trouble({ table: 'todo', plpgsql, times: 1 })
  void nextRunsAlone()
  void it.proxy.strike('COMMIT', { delayMs: 300 })
  await expectChangedOnce(await it.mutate('updateTodo', sent), sent)
})

const endsOfACommit = [
  ['cut_before', 'made again', false],
  ['cut_after', 'found', true],
  ['garble_answer', 'found', true],
  ['swallow_answer', 'found', true],
  // From a proxy, or from a distributed PostgreSQL: "could not commit transaction for shard".
  [{ answer: 'XX000' }, 'found', true],
  [{ answer: '57P03' }, 'found', true],
] as const

test.each(endsOfACommit)(
  '%j at COMMIT: the change is %s and has one effect',
  async (fault, _, replayed) => {
    const { id } = await it.newTodo()
    void nextRunsAlone()
    const struck = it.proxy.strike('COMMIT', fault)
    const put = () =>
      it.rest(
        'PUT',
        `/todos/${id}`,
        { title: 'Buy tea', completed: true },
        {
          'if-match': '"1"',
          'idempotency-key': `put-${id}`,
        },
      )
    const answer = await put()
    await struck
    expect(answer).toMatchObject({ status: 200, replayed, todo: { id, version: 2 } })
    expect(answer.tookMs).toBeLessThan(6_500)
    expect(await put()).toMatchObject({ status: 200, replayed: true, text: answer.text })
    expect(await it.effectsOf(id)).toEqual(['made', 'changed'])
  },
)

test('a COMMIT that never reaches the server is answered within 10 s and settled by the same key', async () => {
  const sent = { ...key(), ...(await change()) }
  void nextRunsAlone()
  const struck = it.proxy.strike('COMMIT', 'hang')
  const answer = await it.mutate('updateTodo', sent)
  await struck
  expect(answer.tookMs).toBeLessThan(10_500)
  if (answer.status !== 200) expect([409, 503]).toContain(answer.status)
  for (;;) {
    const again = await it.mutate('updateTodo', sent)
    if (again.status === 200) return expectChangedOnce(again, sent)
  }
})

test.each(endsOfACommit)(
  '%j at the statement of a batch: the todo is %s and created once',
  async (fault, _, replayed) => {
    const title = `Batch, ${JSON.stringify(fault)}`
    const { idempotencyKey } = key()
    const struck = it.proxy.strike(batchStatement, fault)
    const post = () => it.rest('POST', '/todos', { title }, { 'idempotency-key': idempotencyKey })
    const answer = await post()
    await struck
    expect(answer).toMatchObject({ status: 201, replayed, todo: { title, version: 1 } })
    expect(answer.tookMs).toBeLessThan(6_500)
    expect(await post()).toMatchObject({ status: 201, replayed: true, text: answer.text })
    expect(await it.madeUnder(title)).toBe(1)
  },
)

test.each(endsOfACommit)(
  '%j at the statement of a batch of changes: the change is %s and has one effect',
  async (fault, _, replayed) => {
    const { id } = await it.newTodo()
    // Afterwards client and database agree that the statement is prepared, which a denied answer would hide.
    await it.mutate('updateTodo', { ...key(), ...(await change()) })
    const struck = it.proxy.strike(batchOfChanges, fault)
    const remove = () =>
      it.rest('DELETE', `/todos/${id}`, undefined, { 'idempotency-key': `delete-${id}` })
    const answer = await remove()
    await struck
    expect(answer).toMatchObject({ status: 204, replayed })
    expect(answer.tookMs).toBeLessThan(6_500)
    expect(await remove()).toMatchObject({ status: 204, replayed: true })
    expect(await it.effectsOf(id)).toEqual(['made', 'deleted'])
  },
)

test('an XX000 for a commit that did not take place: the change is repeated and has one effect', async () => {
  const sent = { ...key(), ...(await change()) }
  await using _ = await it.trouble({
    table: 'todo',
    plpgsql: raise('XX000'),
    // For the batch, and for the attempt alone.
    times: 2,
    at: 'commit',
  })
  await expectChangedOnce(await it.mutate('updateTodo', sent), sent)
})

test('an XX000 for a batch that did not take place: the create runs alone, once', async () => {
  const sent = { ...key(), title: 'Batch met XX000' }
  await using _ = await it.trouble({ table: 'todo', plpgsql: raise('XX000'), times: 1 })
  await expectMadeOnce(await it.mutate('createTodo', sent), sent)
})

test.each([
  [0.8, 'alone', 200],
  [0.8, 'in a batch', 200],
  [2.4, 'alone', 409],
  [2.4, 'in a batch', 409],
] as const)(
  'a connection lost during a commit of %d s, %s: the retry waits for it and gets %i, and the change has one effect',
  async (seconds, form, status) => {
    if (form === 'alone') void nextRunsAlone()
    const sent = { ...key(), ...(await change()) }
    const plpgsql = `perform pg_sleep(${seconds})`
    await using _ = await it.trouble({ table: 'todo', plpgsql, times: 1, at: 'commit' })
    const answering = it.mutate('updateTodo', sent)
    await it.sessions(`wait_event = 'PgSleep'`)
    it.proxy.cutAll()
    const answer = await answering
    expect(answer.status).toBe(status)
    if (status === 409) expect(answer).toMatchObject(inFlight)
    await vi.waitUntil(async () => (await it.mutate('updateTodo', sent)).status === 200, 5_000)
    await expectChangedOnce(await it.mutate('updateTodo', sent), sent)
  },
)

test('cancelling a key during its commit returns its answer', async () => {
  const sent = { ...key(), ...(await change()) }
  await using _ = await it.trouble({
    table: 'todo',
    plpgsql: 'perform pg_sleep(0.8)',
    times: 1,
    at: 'commit',
  })
  const answering = it.mutate('updateTodo', sent)
  await it.sessions(`wait_event = 'PgSleep'`)
  it.proxy.cutAll()
  const cancelled = await it.mutate('cancel', { idempotencyKey: sent.idempotencyKey })
  expect(cancelled.text).toContain('"state":"answered"')
  await expectChangedOnce(await answering, sent)
})

test.each(['cut_before', 'cut_after', { answer: 'XX000' }] as const)(
  'without a key, %j at a batch: its minted key is claimed again, so each call has one effect',
  async (fault) => {
    const made = it.proxy.strike(batchStatement, fault)
    const title = `No key, ${JSON.stringify(fault)}`
    const create = await it.rest('POST', '/todos', { title })
    await made
    expect(create).toMatchObject({ status: 201, todo: { title } })
    expect(await it.madeUnder(title)).toBe(1)
    const sent = await change()
    for (const [name, input] of [
      ['deleteTodo', { id: create.todo?.id }],
      ['updateTodo', sent],
    ] as const) {
      const changed = it.proxy.strike(batchOfChanges, fault)
      expect(await it.mutate(name, input)).toMatchObject({ status: 200 })
      await changed
    }
    expect(await it.effectsOf(create.todo?.id)).toEqual(['made', 'deleted'])
    expect(await it.effectsOf(sent.id)).toEqual(['made', 'changed'])
  },
)

test('a connection that stops responding during a change is replaced, with and without a key', async () => {
  for (const sent of [{ ...key(), ...(await change()) }, await change()]) {
    const struck = it.proxy.strike(batchOfChanges, 'hang')
    const answer = await it.mutate('updateTodo', sent)
    await struck
    expect(answer).toMatchObject({ status: 200, todo: { version: 2 } })
    expect(answer.tookMs).toBeLessThan(7_500)
    expect(await it.effectsOf(sent.id)).toEqual(['made', 'changed'])
  }
})

test('answers that arrive in pieces of a few bytes are complete', async () => {
  const sent = { ...key(), ...(await change()) }
  it.proxy.slice(seeded(11), 9)
  await expectChangedOnce(await it.mutate('updateTodo', sent), sent)
  it.proxy.slice(seeded(11), 65_536)
})

// Wrong node.

test('a read-only database gives 503 and not ready, and its sessions are not reused when it accepts writes again', async () => {
  const { rows } = await it.direct.query('select current_database() as name')
  const made = { ...key(), title: 'Read-only at first' }
  const changes = await Promise.all(
    Array.from({ length: 6 }, async () => ({ ...key(), ...(await change()) })),
  )
  await it.direct.query(`alter database ${rows[0].name} set default_transaction_read_only = on`)
  it.proxy.cutAll()
  const answers = await Promise.all([
    it.mutate('createTodo', made),
    ...changes.map((sent) => it.mutate('updateTodo', sent)),
  ])
  for (const answer of answers) expect(answer).toMatchObject(unavailable)
  expect(await it.ready()).toBe(false)
  const admin = await it.direct.connect()
  await admin.query('set default_transaction_read_only = off')
  await admin.query(`alter database ${rows[0].name} reset default_transaction_read_only`)
  admin.release(true)
  // Without a readiness check, which would also destroy such a session.
  for (const sent of changes) {
    await vi.waitUntil(async () => (await it.mutate('updateTodo', sent)).status === 200, 10_000)
    await expectChangedOnce(await it.mutate('updateTodo', sent), sent)
  }
  await expectMadeOnce(await it.mutate('createTodo', made), made)
})

// No room.

test.each(['53100', '53200', '58030'])(
  '%s gives 503 and not ready, and the same key works when there is space',
  async (state) => {
    const sent = [
      { ...key(), title: `No room: ${state}` },
      { ...key(), ...(await change()) },
    ] as const
    {
      await using _ = await it.noRoom(state)
      const answers = await Promise.all([
        it.mutate('createTodo', sent[0]),
        it.mutate('updateTodo', sent[1]),
      ])
      for (const answer of answers) expect(answer).toMatchObject(unavailable)
      expect(await it.ready()).toBe(false)
      expect(await it.madeUnder(sent[0].title)).toBe(0)
    }
    expect(await it.ready()).toBe(true)
    await expectMadeOnce(await it.mutate('createTodo', sent[0]), sent[0])
    await expectChangedOnce(await it.mutate('updateTodo', sent[1]), sent[1])
  },
)

// Anything else.

test.each(['23514', '22012', 'P0001', 'P0002', 'P0003', 'P0004'])(
  '%s of a deferred trigger rolls back the commit: 500, and the key stays free',
  async (state) => {
    const sent = { ...key(), ...(await change()) }
    {
      await using _ = await it.trouble({
        table: 'todo',
        plpgsql: raise(state),
        times: 9,
        at: 'commit',
      })
      const { status, refusal } = await it.mutate('updateTodo', sent)
      expect([status, refusal?.code]).toEqual([500, 'unexpected'])
      expect(await it.effectsOf(sent.id)).toEqual(['made'])
    }
    await expectChangedOnce(await it.mutate('updateTodo', sent), sent)
  },
)

test.each(['22012', 'XX000', 'P0001'])(
  '%s is a bug: 500 with only a correlation id, and the key stays free',
  async (state) => {
    const sent = [
      { ...key(), title: `A bug: ${state}` },
      { ...key(), ...(await change()) },
    ] as const
    {
      await using _ = await it.trouble({ table: 'todo', plpgsql: raise(state), times: 1_000 })
      const answers = await Promise.all([
        it.mutate('createTodo', sent[0]),
        it.mutate('updateTodo', sent[1]),
      ])
      for (const { status, refusal, text } of answers) {
        expect(status).toBe(500)
        expect(refusal).toEqual({
          code: 'unexpected',
          retry: 'same_key',
          correlationId: expect.any(String),
        })
        expect(text).not.toMatch(/inside|trouble|plpgsql|stack/)
        await vi.waitUntil(() => it.output().includes(String(refusal?.correlationId)))
      }
    }
    await expectMadeOnce(await it.mutate('createTodo', sent[0]), sent[0])
    await expectChangedOnce(await it.mutate('updateTodo', sent[1]), sent[1])
  },
)
