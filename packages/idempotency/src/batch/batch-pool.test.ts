import { expect, test, vi } from 'vitest'
import { createWorld } from '../test-world.ts'
import { batchPool } from './batch-pool.ts'

const statement = (text: string) => ({ name: '', text, values: [] })

test('a connection outlives a statement that failed, with the plans it keeps', async () => {
  await using world = await createWorld()
  const { lanes } = world.newServer()
  const backend = async () => {
    const [row] = await lanes.query(statement('select pg_backend_pid() as pid'), 'parts')
    return row?.pid
  }
  const before = await backend()
  for (let failures = 0; failures < 5; failures += 1) {
    const failed = lanes.query(statement('select 1 / 0'), 'parts')
    await expect(failed).rejects.toMatchObject({ code: '22012' })
  }
  expect(await backend()).toBe(before)
})

test.for([
  [undefined, 5_000],
  [200, 200],
] as const)(
  'in a pool with the query_timeout %s a statement is given up after %s ms',
  async ([ofPool, afterMs]) => {
    await using world = await createWorld()
    const lanes = batchPool(({ max }) => world.openPool({ max, query_timeout: ofPool }))
    const client = await lanes.pools.parts.connect()
    const sent = vi.spyOn(client, 'query')
    client.release()
    await lanes.query(statement('select 1'), 'parts')
    expect(sent).toHaveBeenCalledWith(expect.objectContaining({ query_timeout: afterMs }))
  },
)

test('a connection that was ended by the database is replaced', async () => {
  await using world = await createWorld()
  const { lanes } = world.newServer()
  const end = lanes.query(statement('select pg_terminate_backend(pg_backend_pid())'), 'parts')
  await expect(end).rejects.toThrow()
  expect(await lanes.query(statement('select 1 as one'), 'parts')).toEqual([{ one: 1 }])
})
