import { createPool } from '@idem/database/pool'
import { onServer } from '@idem/test-support/on-server'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { callOf, createWorld, oneShard, type World } from './test-world.ts'

/** Tables partitioned by owner: these are in the free partition, and all others in the one that a test locks. */
const owners = ['ann', 'bob']

/** A statement is planned with its values, as on a database that distributes rows: it names its partition then. */
const partition = `
  do $$ begin execute format('alter database %I set plan_cache_mode = force_custom_plan', current_database()); end $$;
  alter table public.todo rename to todo_of_others;
  create table public.todo (like public.todo_of_others including all) partition by list (owner_id);
  create table todo_free partition of public.todo for values in ('ann', 'bob');
  alter table public.todo attach partition public.todo_of_others default;
  alter table idem.idempotency_record rename to record_of_others;
  create table idem.idempotency_record (like idem.record_of_others including all) partition by list (owner_id);
  create table idem.record_free partition of idem.idempotency_record for values in ('ann', 'bob');
  alter table idem.idempotency_record attach partition idem.record_of_others default`

async function partitionedWorld() {
  await using starting = new AsyncDisposableStack()
  const world = starting.use(await createWorld({ shards: oneShard }))
  await onServer(world.url, (sql) => sql.query(partition))
  const pool = createPool({ url: world.url, max: 1 })
  starting.defer(() => pool.end())
  const other = await pool.connect()
  starting.defer(() => other.release(true))
  await other.query(
    'begin; set local idle_in_transaction_session_timeout = 0; lock table todo_of_others, idem.record_of_others',
  )
  const running = starting.move()
  return { ...world, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

test('no request of an owner waits for rows of other owners', async () => {
  await using world = await partitionedWorld()
  await Promise.all(owners.map((owner) => requestsOf(world, owner)))
  expect(world.failedBatches.map(({ sqlState }) => sqlState)).not.toContain('55P03')
})

test('a statement that does not name its owner waits for them', async () => {
  await using world = await partitionedWorld()
  const nameless = world.pool.query(`select id from todo where created_key = 'k'`)
  await expect(nameless).rejects.toMatchObject({ code: '55P03' })
})

/** Each operation once, with and without keys, alone and in batches, and each again. */
async function requestsOf({ operations }: World, owner: string): Promise<void> {
  const caller = { owner }
  const again = async <T>(work: () => Promise<T>) => {
    const answers = await Promise.all([work(), work()])
    expect(await work()).toMatchObject({ value: Object(answers[0]).value })
    return answers[0] as T
  }
  const ids: string[] = []
  for (const key of [v7(), v7(), undefined]) {
    const create = callOf('createTodo', { title: 'Milk' }, key)
    const make = () => operations.createTodo(caller, create)
    ids.push((key === undefined ? await make() : await again(make)).value.id)
  }
  const [id = '', other = ''] = ids
  const taken = callOf('createTodo', { title: 'Milk', id }, v7())
  expect((await operations.createTodo(caller, taken)).value.id).toBe(id)
  const update = callOf('updateTodo', { id, version: 1, title: 'Tea' }, v7())
  await again(() => operations.updateTodo(caller, update))
  await Promise.all(
    ids.map((each) =>
      operations.updateTodo(
        caller,
        callOf('updateTodo', { id: each, version: each === id ? 2 : 1, completed: true }),
      ),
    ),
  )
  const stale = callOf('updateTodo', { id, version: 1, title: 'Tea' }, v7())
  for (const _ of ids) {
    const refused = operations.updateTodo(caller, stale)
    await expect(refused).rejects.toMatchObject({ refusal: { code: 'version_conflict' } })
  }
  await again(() => operations.deleteTodo(caller, callOf('deleteTodo', { id: other }, deleted)))
  await again(() => operations.restoreTodo(caller, callOf('restoreTodo', { id: other }, restored)))
  await operations.getTodo(caller, { id })
  for (const search of [undefined, 'tea']) {
    await operations.listTodos(caller, { limit: 50, show: 'all', search })
  }
  await operations.outcomeOf(caller, v7())
  await operations.cancel(caller, v7())
}

const [deleted, restored] = [v7(), v7()]
