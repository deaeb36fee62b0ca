import { v7 } from 'uuid'
import { afterAll, expect, test } from 'vitest'
import { checkResponse } from './check-response.ts'
import { canary, hostileWorld } from './hostile-world.ts'

const world = await hostileWorld(250)
afterAll(() => world[Symbol.asyncDispose]())

const create = (input: object) => ({ path: '/api/trpc/createTodo', body: JSON.stringify(input) })

test.for([
  ['500 letters', 'x'.repeat(500)],
  ['500 emoji', '🥛'.repeat(500)],
  ['zalgo', `${canary} z${'\u0353\u0310\u0489'.repeat(100)}algo`],
  ['right to left', `${canary} \u202egnp.exe`],
  ['markup', `<script>alert('${canary}')</script><img src=x onerror=alert(1)>`],
  ['a formula', `=1+1;${canary}`],
  ['SQL', `${canary}'; drop table todo; --`],
  ['a template', `\${${canary}} {{7*7}} %s %n $1`],
  ['JSON', `{"${canary}":"\\u0000"}`],
  ['a path', `../../etc/${canary}%00`],
  ['a line break and a header', `${canary}\r\nset-cookie: a=b`],
  ['__proto__', '__proto__'],
  ['a byte order mark within', `${canary}\ufeff.`],
] as const)('a title of %s is stored and returned unchanged', async ([, title]) => {
  const made = await world.send(create({ idempotencyKey: v7(), title }))
  expect(checkResponse('trpc', made)).toEqual({ codes: ['ok'], faults: [] })
  const { id } = JSON.parse(made.text).result.data
  const got = await world.send({ path: `/todos/${id}` })
  expect(JSON.parse(got.text)).toMatchObject({ title })
  expect(got.headers['content-type']).toBe('application/json')
  const search = encodeURIComponent(title.slice(0, 100).trim())
  const found = JSON.parse((await world.send({ path: `/todos?search=${search}` })).text)
  expect(found.todos).toMatchObject([{ id, title }])
})

test.for(["%' or '1'='1", '_', '%', '\\', "'; drop table todo; --x", '$1'])(
  'a search for %s finds only titles that contain it',
  async (search) => {
    const { status, text } = await world.send({
      path: `/todos?search=${encodeURIComponent(search)}`,
    })
    expect(status).toBe(200)
    for (const { title } of JSON.parse(text).todos) expect(title).toContain(search)
  },
)

test('equal calls of a batch with one key have one effect and equal answers', async () => {
  const before = await world.rows()
  const input = { idempotencyKey: v7(), title: canary }
  const answer = await world.send({
    path: '/api/trpc/createTodo,createTodo?batch=1',
    body: JSON.stringify({ 0: input, 1: input }),
  })
  expect(checkResponse('trpc', answer)).toEqual({ codes: ['ok', 'ok'], faults: [] })
  const [one, other] = JSON.parse(answer.text)
  expect(other).toEqual(one)
  expect((await world.rows()).todos).toBe(before.todos + 1)
})

test('different calls of a batch with one key get one answer and one refusal', async () => {
  const before = await world.rows()
  const idempotencyKey = v7()
  const answer = await world.send({
    path: '/api/trpc/createTodo,createTodo?batch=1',
    body: JSON.stringify({ 0: { idempotencyKey, title: 'a' }, 1: { idempotencyKey, title: 'b' } }),
  })
  const { codes, faults } = checkResponse('trpc', answer)
  expect(codes.toSorted()).toEqual(['key_reused', 'ok'])
  expect(faults).toEqual([])
  expect(await world.rows()).toMatchObject({ todos: before.todos + 1, keys: before.keys + 1 })
})

test('a thousand concurrent creates with one key over both APIs create one todo, with equal answers to the byte', async () => {
  const before = await world.rows()
  const idempotencyKey = v7()
  const title = `${canary} a thousand times`
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, (_, at) =>
      world.send(
        at % 2 === 0
          ? create({ idempotencyKey, title })
          : {
              path: '/todos',
              body: JSON.stringify({ title }),
              headers: ['idempotency-key', idempotencyKey],
            },
      ),
    ),
  )
  const todos = answers.map(({ text }) => text.replace(/^\{"result":\{"data":(.*)\}\}$/s, '$1'))
  expect(new Set(todos).size).toBe(1)
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 201]))
  const after = await world.rows()
  expect(after).toMatchObject({ todos: before.todos + 1, keys: before.keys + 1 })
})

test('afterwards the tables exist and nothing is logged', async () => {
  expect(await world.harm()).toEqual([])
})
