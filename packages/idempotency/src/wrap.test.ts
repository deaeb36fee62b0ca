import type pg from 'pg'
import { expect, expectTypeOf, test } from 'vitest'
import type { Answer } from './answer.ts'
import { createWorld } from './test-world.ts'

async function insert(tx: pg.PoolClient, { title }: { readonly title: string }) {
  await tx.query('insert into effect values ($1)', [title])
  return { title }
}

test('a wrapped operation is a function of its input, with one effect for each key', async () => {
  await using world = await createWorld()
  const { idempotency } = world.newServer()
  const addTodo = idempotency.wrap('addTodo', insert)
  const call = { owner: 'ann', key: 'k', input: { title: 'Buy milk' } }
  const answer = { value: { title: 'Buy milk' }, text: '{"title":"Buy milk"}', replayed: false }
  expect(await addTodo(call)).toEqual(answer)
  expect(await addTodo(call)).toEqual({ ...answer, replayed: true })
  await expect(addTodo({ ...call, input: { title: 'Buy tea' } })).rejects.toMatchObject({
    code: 'key_reused',
  })
  const intent = { ...call, operation: 'other' }
  await expect(idempotency.run(intent, async () => 1)).rejects.toMatchObject({ code: 'key_reused' })
  expect(await world.effects()).toBe(1)
})

test('options of the operation hold for each call, and a call can add its own', async () => {
  await using world = await createWorld()
  const { idempotency } = world.newServer()
  const parse = (): never => {
    throw new TypeError('invalid')
  }
  const addTodo = idempotency.wrap('addTodo', insert, { parse })
  const call = { owner: 'ann', key: 'k', input: { title: 'Buy milk' } }
  await expect(addTodo(call)).rejects.toThrow('invalid')
  await expect(addTodo(call, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    dropped: true,
  })
  expect(await world.effects()).toBe(0)
})

test('the types of a wrapped operation are those of its effect', async () => {
  await using world = await createWorld()
  const { idempotency } = world.newServer()
  const addTodo = idempotency.wrap('addTodo', insert)
  expectTypeOf<ReturnType<typeof addTodo>>().toEqualTypeOf<Promise<Answer<{ title: string }>>>()
  expectTypeOf<Parameters<typeof addTodo>[0]>().toMatchObjectType<{
    readonly owner: string
    readonly key?: string | undefined
    readonly input: { readonly title: string }
  }>()
  const tick = idempotency.wrap('tick', async () => 1)
  expectTypeOf<ReturnType<typeof tick>>().toEqualTypeOf<Promise<Answer<number>>>()
  expect((await tick({ owner: 'ann', key: 'k' })).value).toBe(1)
  // @ts-expect-error The effect needs its input.
  void (() => addTodo({ owner: 'ann', key: 'k' }))
})
