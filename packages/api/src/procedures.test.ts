import { DeleteTodoInput } from '@idem/contract/operations'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { procedures } from './procedures.ts'
import { todoRouter } from './todo-router.ts'

test('a mutation cannot be written without saying what a repeated call does', () => {
  expectTypeOf(procedures).not.toHaveProperty('mutation')
  expect(Object.keys(procedures).sort()).toEqual(['onceOnly', 'query', 'repeatable'])
})

test('what happens once only needs a key in its input', () => {
  const onceOnly = procedures.onceOnly<typeof Keyed, string>
  expectTypeOf(Keyed).toExtend<Parameters<typeof onceOnly>[0]>()
  // Its key is optional, so it would be accepted without one.
  expectTypeOf(DeleteTodoInput).not.toExtend<Parameters<typeof onceOnly>[0]>()
})

test('what is repeatable says why', () => {
  expectTypeOf<{ input: typeof Keyed }>().not.toExtend<Kind>()
  expectTypeOf<{ input: typeof Keyed; reason: string }>().toExtend<Kind>()
})

test('every mutation of the router was written in one of the two ways', () => {
  const mutations = Object.entries(todoRouter._def.procedures)
    .filter(([, procedure]) => procedure._def.type === 'mutation')
    .map(([name]) => name)
  expect(mutations).toEqual(['createTodo', 'deleteTodo', 'restoreTodo', 'updateTodo', 'cancel'])
})

const Keyed = z.strictObject({ idempotencyKey: z.string() })

type Kind = Parameters<typeof procedures.repeatable<typeof Keyed, string>>[0]
