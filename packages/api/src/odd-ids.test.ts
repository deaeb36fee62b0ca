import { expect, test } from 'vitest'
import { createRestWorld } from './rest/test-rest-world.ts'

test('an id that is no UUID names no todo, with any characters', async () => {
  await using world = await createRestWorld()
  for (const id of ['99', 'a\0b', '🥛', "'; drop table todo; --"]) {
    const path = `/todos/${encodeURIComponent(id)}`
    expect(await world.call(path, { method: 'DELETE', key: 'rest' })).toMatchObject({ status: 204 })
    expect(await world.call(path)).toMatchObject({ status: 404, refusal: { code: 'not_found' } })
    const deletion = { id, idempotencyKey: 'trpc' }
    expect((await world.mutate('deleteTodo', deletion)).data).toEqual({ id })
    expect((await world.mutate('deleteTodo', deletion)).data).toEqual({ id })
    expect((await world.mutate('restoreTodo', { id })).refusal.code).toBe('not_found')
    await world.pool.query('delete from idem.idempotency_record')
  }
  expect(world.unexpected).toEqual([])
})
