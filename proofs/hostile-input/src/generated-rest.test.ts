import { maxHeaderSize } from 'node:http'
import { KeyOutcome, ListTodosInput, mutations, TodoPage } from '@idem/contract/operations'
import { Todo } from '@idem/contract/todo'
import fc from 'fast-check'
import { afterAll, expect, test, vi } from 'vitest'
import type { z } from 'zod'
import { arbitraryOf, nearly } from './arbitrary-of.ts'
import { checkResponse } from './check-response.ts'
import { hostileWorld } from './hostile-world.ts'
import { Key } from './key.ts'
import type { Sent } from './send.ts'

const world = await hostileWorld()
afterAll(() => world[Symbol.asyncDispose]())

const runsEach = process.env.IDEM_PROVE === 'true' ? 400 : 40
/** Fixed in `npm test`, new in `npm run prove`; IDEM_TEST_SEED repeats that of a failure. */
const seed = Number(process.env.IDEM_TEST_SEED)

vi.setConfig({ testTimeout: 20_000 + 200 * runsEach })

const openApi = JSON.parse((await world.send({ path: '/openapi.json' })).text)

const CreateBody = mutations.createTodo.input
const UpdateTodoInput = mutations.updateTodo.input
const UpdateBody = UpdateTodoInput.pick({ title: true, completed: true }).required()

/** Valid in a header: any bytes except those that would end it. */
const headerText = fc
  .oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 12 }))
  .map((text) =>
    [...Buffer.from(text).toString('latin1')].filter((byte) => byte >= ' ' && byte !== '\u007f'),
  )
  .map((bytes) => bytes.join(''))
const anyKey = fc.oneof(arbitraryOf(Key), headerText)
const aKey = fc.option(anyKey, { nil: undefined })
const version = fc.option(fc.oneof(fc.constantFrom('"1"', '"2"', '"3"', '1', '*'), headerText), {
  nil: undefined,
})
const anyId = arbitraryOf(UpdateTodoInput.shape.id).map((id) => segment(String(id)))
const either = (schema: z.ZodType) => fc.oneof(arbitraryOf(schema), nearly(schema))

type Operation = {
  readonly name: string
  readonly path: string
  readonly answer?: z.ZodType
  /** Only these bodies may succeed. */
  readonly body?: z.ZodType
  readonly sent: fc.Arbitrary<Sent>
}

const operations: readonly Operation[] = [
  {
    name: 'POST /todos',
    path: '/todos',
    body: CreateBody,
    answer: Todo,
    sent: fc.tuple(aKey, either(CreateBody)).map(([key, body]) => ({
      method: 'POST',
      path: '/todos',
      headers: headers({ 'idempotency-key': key }),
      body: JSON.stringify(body),
    })),
  },
  {
    name: 'PUT /todos/{id}',
    path: '/todos/{id}',
    body: UpdateBody,
    answer: Todo,
    sent: fc.tuple(anyId, aKey, version, either(UpdateBody)).map(([id, key, version, body]) => ({
      method: 'PUT',
      path: `/todos/${id}`,
      headers: headers({ 'idempotency-key': key, 'if-match': version }),
      body: JSON.stringify(body),
    })),
  },
  {
    name: 'DELETE /todos/{id}',
    path: '/todos/{id}',
    sent: fc.tuple(anyId, aKey, version).map(([id, key, version]) => ({
      method: 'DELETE',
      path: `/todos/${id}`,
      headers: headers({ 'idempotency-key': key, 'if-match': version }),
    })),
  },
  {
    name: 'GET /todos/{id}',
    path: '/todos/{id}',
    answer: Todo,
    sent: anyId.map((id) => ({ method: 'GET', path: `/todos/${id}` })),
  },
  {
    name: 'GET /todos',
    path: '/todos',
    answer: TodoPage,
    sent: either(ListTodosInput).map((query) => ({
      method: 'GET',
      path: `/todos?${Object.entries(Object(query))
        .map(([name, value]) => `${segment(name)}=${segment(String(value))}`)
        .join('&')}`,
    })),
  },
  {
    name: 'GET /outcomes/{key}',
    path: '/outcomes/{key}',
    answer: KeyOutcome,
    sent: anyKey.map((key) => ({ method: 'GET', path: `/outcomes/${segment(String(key))}` })),
  },
  {
    name: 'DELETE /outcomes/{key}',
    path: '/outcomes/{key}',
    answer: KeyOutcome,
    sent: anyKey.map((key) => ({ method: 'DELETE', path: `/outcomes/${segment(String(key))}` })),
  },
]

test.for(operations)(
  '$name answers any input with a documented status, and a refusal changes nothing',
  async (operation) => {
    await fc.assert(
      fc.asyncProperty(operation.sent, async (sent) => {
        const before = await world.rows()
        const answer = await world.send(sent)
        const after = await world.rows()
        // Node refuses such a request before Idem sees it: no body, no headers of Idem.
        if (answer.status === 431) {
          expect(sent.path.length).toBeGreaterThan(maxHeaderSize / 2)
          expect(after).toEqual(before)
          return
        }
        const { codes, faults } = checkResponse('rest', answer)
        expect(faults).toEqual([])
        const [code = 'none'] = codes
        // An empty name is another path.
        const documentedStatus =
          openApi.paths[operation.path][sent.method?.toLowerCase() ?? ''].responses
        const elsewhere = ['method_not_allowed', 'no_such_route'].includes(code)
        if (!elsewhere) expect(Object.keys(documentedStatus)).toContain(`${answer.status}`)
        if (code !== 'ok') {
          expect(after).toMatchObject({ todos: before.todos, changes: before.changes })
          return
        }
        if (sent.method === 'GET') expect(after).toEqual(before)
        if (operation.body) {
          expect(operation.body.safeParse(JSON.parse(String(sent.body))).success).toBe(true)
        }
        const schema =
          sent.path.replace(/[?/]+$/, '') === '/todos' && sent.method === 'GET'
            ? TodoPage
            : operation.answer
        if (schema) schema.parse(JSON.parse(answer.text))
        if (sent.headers?.includes('idempotency-key')) {
          expect(await world.send(sent)).toMatchObject({ status: answer.status, text: answer.text })
          expect(await world.rows()).toEqual(after)
        }
      }),
      { seed, numRuns: runsEach },
    )
  },
)

test('afterwards nothing is logged or broken', async () => {
  expect(await world.harm()).toEqual([])
})

function headers(given: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [name, String(value)],
  )
}

/** Percent-encoded; a lone surrogate has no URL encoding. */
function segment(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
