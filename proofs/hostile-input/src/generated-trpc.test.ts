import {
  GetTodoInput,
  KeyOutcome,
  ListTodosInput,
  type MutationName,
  mutations,
  TodoPage,
} from '@idem/contract/operations'
import { Policy } from '@idem/contract/policy'
import type { RefusalCode } from '@idem/contract/refusal'
import { Todo } from '@idem/contract/todo'
import fc from 'fast-check'
import { afterAll, expect, test, vi } from 'vitest'
import { z } from 'zod'
import { arbitraryOf, nearly } from './arbitrary-of.ts'
import { checkResponse } from './check-response.ts'
import { hostileWorld } from './hostile-world.ts'
import { Key, KeyInput } from './key.ts'

const world = await hostileWorld()
afterAll(() => world[Symbol.asyncDispose]())

const runsEach = process.env.IDEM_PROVE === 'true' ? 400 : 40
/** Fixed in `npm test`, new in `npm run prove`; IDEM_TEST_SEED repeats that of a failure. */
const seed = Number(process.env.IDEM_TEST_SEED)

vi.setConfig({ testTimeout: 20_000 + 200 * runsEach })

type Procedure = {
  readonly name: string
  readonly kind: 'mutation' | 'query'
  readonly input: z.ZodType
  readonly answer: z.ZodType
  /** The refusals that a valid input may get. */
  readonly refusals: readonly RefusalCode[]
}

const keyed = ['key_expired', 'key_from_future', 'key_reused', 'cancelled', 'in_flight'] as const
const standing = [...keyed, 'not_found', 'version_conflict'] as const

const procedures: readonly Procedure[] = [
  mutation('createTodo', Key, [...keyed, 'id_taken']),
  mutation('deleteTodo', Key.optional(), standing),
  mutation('restoreTodo', Key.optional(), standing),
  mutation('updateTodo', Key.optional(), standing),
  {
    name: 'cancel',
    kind: 'mutation',
    input: KeyInput,
    answer: KeyOutcome,
    refusals: ['key_from_future', 'in_flight'],
  },
  query('outcomeOf', KeyInput, KeyOutcome, []),
  query('getTodo', GetTodoInput, Todo, ['not_found']),
  query('listTodos', ListTodosInput, TodoPage, []),
  query('policy', z.strictObject({}), Policy, []),
]

test.for(procedures)('$name accepts valid input and answers as documented', async (procedure) => {
  await check(arbitraryOf(procedure.input), procedure)
})

test.for(procedures)('$name refuses invalid input and changes nothing', async (procedure) => {
  await check(nearly(procedure.input), procedure)
})

test('afterwards nothing is logged or broken', async () => {
  expect(await world.harm()).toEqual([])
})

/** A failure prints the seed and the smallest input. */
function check(inputs: fc.Arbitrary<unknown>, procedure: Procedure): Promise<void> {
  return fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      const text = JSON.stringify(input)
      const before = await world.rows()
      const answer = await call(procedure, text)
      const after = await world.rows()
      const { codes, faults } = checkResponse('trpc', answer)
      expect(faults).toEqual([])
      const [code = 'none'] = codes
      if (!procedure.input.safeParse(JSON.parse(text)).success) {
        expect(['invalid_input', 'key_missing', 'key_malformed']).toContain(code)
        expect(after).toEqual(before)
        return
      }
      // The schema cannot express whether a cursor is valid.
      const mayBe = procedure.name === 'listTodos' ? ['invalid_input'] : procedure.refusals
      expect(['ok', ...mayBe]).toContain(code)
      if (code === 'ok') procedure.answer.parse(JSON.parse(answer.text).result.data)
      else expect(after).toMatchObject({ todos: before.todos, changes: before.changes })
      if (procedure.kind === 'query') expect(after).toEqual(before)
      await expectSameAgain(procedure, text, answer.text)
    }),
    { seed, numRuns: runsEach },
  )
}

/** A repeated keyed call gets the same answer to the byte and has no further effect. */
async function expectSameAgain(procedure: Procedure, text: string, first: string) {
  if (procedure.kind === 'query' || !text.includes('"idempotencyKey"')) return
  const before = await world.rows()
  expect((await call(procedure, text)).text).toBe(first)
  expect(await world.rows()).toEqual(before)
}

function call({ name, kind }: Procedure, text: string) {
  return kind === 'mutation'
    ? world.send({ path: `/api/trpc/${name}`, body: text })
    : world.send({ path: `/api/trpc/${name}?input=${encodeURIComponent(text)}` })
}

function mutation(name: MutationName, key: z.ZodType, refusals: readonly RefusalCode[]): Procedure {
  const { input, answer } = mutations[name]
  const keyedInput = z.strictObject({ ...input.shape, idempotencyKey: key })
  return { name, kind: 'mutation', input: keyedInput, answer, refusals }
}

function query(
  name: string,
  input: z.ZodType,
  answer: z.ZodType,
  refusals: readonly RefusalCode[],
): Procedure {
  return { name, kind: 'query', input, answer, refusals }
}
