import { expect, test } from 'vitest'
import { createRestWorld, type RestWorld } from './test-rest-world.ts'

async function withTodos(world: RestWorld, titles: readonly string[]) {
  for (const title of titles) await world.call('/todos', { method: 'POST', body: { title } })
}

const titles = ({ body }: Awaited<ReturnType<RestWorld['call']>>): string[] =>
  body.todos.map(({ title }: { title: string }) => title)

test('pages follow each other without a gap or a repetition, newest first', async () => {
  await using world = await createRestWorld()
  await withTodos(world, ['a', 'b', 'c', 'd', 'e'])
  const first = await world.call('/todos?limit=2')
  const second = await world.call(`/todos?limit=2&cursor=${first.body.nextCursor}`)
  const last = await world.call(`/todos/?cursor=${second.body.nextCursor}&limit=2`)
  expect([first, second, last].map(titles)).toEqual([['e', 'd'], ['c', 'b'], ['a']])
  expect(last.body.nextCursor).toBe(null)
})

test('a search is a literal part of the title; open and done are separate', async () => {
  await using world = await createRestWorld()
  await withTodos(world, ['100% Milk & more', '1000 milk'])
  expect(titles(await world.call('/todos?search=100%25'))).toEqual(['100% Milk & more'])
  expect(titles(await world.call('/todos?search=MILK+%26'))).toEqual(['100% Milk & more'])
  await world.pool.query("update todo set completed = true where title = '1000 milk'")
  expect(titles(await world.call('/todos?show=done'))).toEqual(['1000 milk'])
  expect(titles(await world.call('/todos?show=open&search=milk'))).toEqual(['100% Milk & more'])
  expect(titles(await world.call('/todos?'))).toHaveLength(2)
  await withTodos(world, ['under_score', 'underscore', 'ÄPFEL\\'])
  expect(titles(await world.call('/todos?search=R_S'))).toEqual(['under_score'])
  expect(titles(await world.call('/todos?search=%C3%A4pfel%5C'))).toEqual(['ÄPFEL\\'])
})

test('deleted todos are listed on request, over both APIs, and can be restored', async () => {
  await using world = await createRestWorld()
  await withTodos(world, ['Buy milk', 'Buy tea'])
  const [tea] = (await world.call('/todos')).body.todos
  await world.call(`/todos/${tea.id}`, { method: 'DELETE' })
  const { body } = await world.call('/todos?show=deleted')
  expect(body).toMatchObject({ todos: [{ ...tea, version: 2, updatedAt: expect.any(String) }] })
  expect((await world.query('listTodos', { show: 'deleted' })).data).toEqual(body)
  expect(titles(await world.call('/todos'))).toEqual(['Buy milk'])
  await world.mutate('restoreTodo', { id: tea.id, version: 2 })
  expect((await world.call('/todos?show=deleted')).body.todos).toEqual([])
})

test.for([
  ['limit=0', ['limit']],
  ['limit=101', ['limit']],
  ['limit=', ['limit']],
  ['limit=1e1', ['limit']],
  ['limit=-1', ['limit']],
  ['limit=2.0', ['limit']],
  ['limit=%32%20', ['limit']],
  ['show=some', ['show']],
  ['cursor=x', ['cursor']],
  ['cursor=', ['cursor']],
  ['search=%00', ['search']],
  ['owner=ben', ['owner']],
  ['__proto__=x', ['__proto__']],
  ['constructor=x', ['constructor']],
  ['limit=1&limit=1', ['limit']],
  ['search=a&show=all&search=b', ['search']],
  ['x=1&limit=0', ['limit', 'x']],
  ['search=%E0%A4%A', ['']],
  ['search=%', ['']],
] as const)('?%s is invalid input and says where', async ([query, paths]) => {
  await using world = await createRestWorld()
  const { status, refusal } = await world.call(`/todos?${query}`)
  expect({ status, ...refusal, paths: refusal.paths?.toSorted() }).toEqual({
    status: 400,
    code: 'invalid_input',
    retry: 'never',
    paths: [...paths].sort(),
  })
})
