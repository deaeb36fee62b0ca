import { expect, test } from 'vitest'
import { caller, callOf, createWorld, type World } from './test-world.ts'

/** Shorter than the wait for a lock, which is 1.5 s: work that waits behind locks takes longer. */
const promptMs = 1_000

test('20 changes of a todo that another session holds leave connections to changes of other todos', async () => {
  await using world = await createWorld()
  const [held, other] = [await create(world), await create(world)]
  await using _ = await holdTodo(world, held)
  const waiting = Array.from({ length: 20 }, () => update(world, held).catch(codeOf))
  await world.someoneWaitsForALock()
  const begun = performance.now()
  await update(world, other)
  expect(performance.now() - begun).toBeLessThan(promptMs)
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['in_flight']))
})

test('reads are answered while every transaction waits for a lock', async () => {
  await using world = await createWorld()
  const ids = await Promise.all(Array.from({ length: 12 }, () => create(world)))
  await using _ = await holdTodo(world, ...ids)
  const waiting = ids.map((id) => update(world, id).catch(codeOf))
  await world.someoneWaitsForALock()
  const begun = performance.now()
  expect(await world.operations.listTodos(caller, { limit: 50, show: 'all' })).toMatchObject({
    value: { nextCursor: null },
  })
  expect(performance.now() - begun).toBeLessThan(promptMs)
  await Promise.all(waiting)
})

test('a read or change whose caller has left is refused as not begun', async () => {
  await using world = await createWorld()
  const id = await create(world)
  const gone = { ...caller, signal: AbortSignal.abort() }
  const { operations } = world
  for (const call of [
    () => operations.getTodo(gone, { id }),
    () => operations.listTodos(gone, { limit: 50, show: 'all' }),
    () => operations.listTodos(gone, { limit: 50, show: 'all', search: 'milk' }),
    () => operations.outcomeOf(gone, 'k'),
    () => operations.updateTodo(gone, tea(id)),
    () => operations.createTodo(gone, milk),
  ]) {
    await expect(call()).rejects.toMatchObject({
      code: 'unavailable',
      retry: 'same_key',
    })
  }
  expect(await operations.getTodo(caller, { id })).toMatchObject({ value: { version: 1 } })
  expect(await world.count('todo')).toBe(1)
})

test('a search that takes longer than a second is refused and not tried again', async () => {
  await using world = await createWorld()
  await create(world)
  await using _ = await hold(world, 'lock table todo in access exclusive mode')
  // Without its limit, and in a second try, it would wait for the lock and be `in_flight`.
  const search = world.operations.listTodos(caller, { limit: 50, show: 'all', search: 'milk' })
  await expect(search).rejects.toMatchObject({ code: 'unavailable', retry: 'same_key' })
})

const milk = callOf('createTodo', { title: 'Buy milk' })
const tea = (id: string) => callOf('updateTodo', { id, version: 1, title: 'Buy tea' })

async function create({ operations }: World): Promise<string> {
  return (await operations.createTodo(caller, milk)).value.id
}

function update({ operations }: World, id: string) {
  return operations.updateTodo(caller, tea(id))
}

function codeOf({ code }: { readonly code: string }): string {
  return code
}

function holdTodo(world: World, ...ids: string[]): Promise<AsyncDisposable> {
  return hold(world, 'select from todo where id = any($1::uuid[]) for update', [ids])
}

async function hold(
  { pool }: World,
  lock: string,
  values: unknown[] = [],
): Promise<AsyncDisposable> {
  const client = await pool.connect()
  await client.query('begin')
  // The attempts take nearly as long as a session of the pool may be idle in a transaction.
  await client.query('set local idle_in_transaction_session_timeout = 0')
  await client.query(lock, values)
  return {
    async [Symbol.asyncDispose]() {
      await client.query('rollback')
      client.release()
    },
  }
}
