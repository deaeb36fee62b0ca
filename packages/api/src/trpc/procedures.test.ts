import { DeleteTodoInput } from '@idem/contract/operations'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { createProcedures } from './procedures.ts'
import { todoRouter } from './todo-router.ts'

const procedures = createProcedures()

test('a mutation cannot be written without a decision about repeated calls', () => {
  expectTypeOf(procedures).not.toHaveProperty('mutation')
  expect(Object.keys(procedures).sort()).toEqual(['onceOnly', 'query', 'repeatable'])
})

test('a once-only mutation needs a key in its input', () => {
  const onceOnly = procedures.onceOnly<typeof Keyed, string>
  expectTypeOf(Keyed).toExtend<Parameters<typeof onceOnly>[0]>()
  // Its key is optional, so it would be accepted without one.
  expectTypeOf(DeleteTodoInput).not.toExtend<Parameters<typeof onceOnly>[0]>()
})

test('a repeatable mutation gives a reason', () => {
  expectTypeOf<{ input: typeof Keyed }>().not.toExtend<Kind>()
  expectTypeOf<{ input: typeof Keyed; reason: string }>().toExtend<Kind>()
})

test('every mutation of the router is once-only or repeatable', () => {
  const mutations = Object.entries(todoRouter._def.procedures)
    .filter(([, procedure]) => procedure._def.type === 'mutation')
    .map(([name]) => name)
  // A new one also belongs into the lists that CONTRIBUTING.md names.
  expect(mutations).toEqual(['createTodo', 'deleteTodo', 'restoreTodo', 'updateTodo', 'cancel'])
})

const Keyed = z.strictObject({ idempotencyKey: z.string() })

type Kind = Parameters<typeof procedures.repeatable<typeof Keyed, string>>[0]
