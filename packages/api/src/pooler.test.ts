import { pgbouncerServer } from '@idem/test-support/pgbouncer-server'
import { v7 } from 'uuid'
import { expect, test } from 'vitest'
import { createWorld } from './test-world.ts'

test('behind a pooler in transaction mode creates, replays, changes and reads are as without one', async () => {
  await using world = await createWorld({
    async through(url) {
      const pooler = await pgbouncerServer(url)
      return { ...pooler, pooler: 'transaction' }
    },
  })
  const intents = Array.from({ length: 30 }, (_, at) => ({
    idempotencyKey: v7(),
    title: `t${at}`,
    id: v7(),
  }))
  const send = () => Promise.all(intents.map((intent) => world.mutate('createTodo', intent)))
  const first = await send()
  expect(first.map(({ status }) => status)).toEqual(intents.map(() => 200))
  expect((await send()).map(({ text }) => text)).toEqual(first.map(({ text }) => text))
  expect(await world.count('todo')).toBe(30)

  const [made] = first
  expect((await world.query('getTodo', { id: made?.data.id })).data).toEqual(made?.data)
  const taken = { ...intents[0], idempotencyKey: v7(), title: 'other' }
  expect((await world.mutate('createTodo', taken)).refusal).toMatchObject({ code: 'id_taken' })
  const update = { id: made?.data.id, version: 1, completed: true, idempotencyKey: v7() }
  const updated = await world.mutate('updateTodo', update)
  expect(updated.data).toMatchObject({ version: 2, createdAt: made?.data.createdAt })
  expect((await world.mutate('updateTodo', update)).text).toBe(updated.text)
  expect((await world.query('listTodos', {})).data.todos).toHaveLength(30)
})
