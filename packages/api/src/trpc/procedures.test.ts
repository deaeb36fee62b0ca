import { expect, expectTypeOf, test } from 'vitest'
import { createProcedures, plainSteps } from './procedures.ts'
import { createTodoRouter, type TodoRouter, todoRouter } from './todo-router.ts'

const procedures = createProcedures()

test('a mutation cannot be written without a decision about repeated calls', () => {
  expectTypeOf(procedures).not.toHaveProperty('mutation')
  expect(Object.keys(procedures).sort()).toEqual(['onceOnly', 'query', 'repeatable', 'settling'])
  // One that accepts calls without a key gives a reason.
  expectTypeOf(procedures.repeatable).parameter(1).toEqualTypeOf<string>()
  expectTypeOf(procedures.settling).parameter(0).toEqualTypeOf<string>()
})

test('a once-only mutation needs a key in its input, and a repeatable one accepts it', () => {
  type Caller = ReturnType<TodoRouter['createCaller']>
  type Input<Name extends keyof Caller> = Parameters<
    Extract<Caller[Name], (input: never) => unknown>
  >[0]
  expectTypeOf<{ title: string }>().not.toExtend<Input<'createTodo'>>()
  expectTypeOf<{ title: string; idempotencyKey: string }>().toExtend<Input<'createTodo'>>()
  expectTypeOf<{ id: string }>().toExtend<Input<'deleteTodo'>>()
  expectTypeOf<{ id: string; idempotencyKey: string }>().toExtend<Input<'deleteTodo'>>()
})

test('every mutation of the router is once-only or repeatable', () => {
  const mutations = Object.entries(todoRouter._def.procedures)
    .filter(([, procedure]) => procedure._def.type === 'mutation')
    .map(([name]) => name)
  // A new one also belongs into the lists that CONTRIBUTING.md names.
  expect(mutations).toEqual(['createTodo', 'deleteTodo', 'restoreTodo', 'updateTodo', 'cancel'])
})

const proceduresOf = (router: typeof todoRouter) => Object.values(router._def.procedures)

// The fields are internal to tRPC: after a renaming every call would take the slow path unnoticed.
test('a procedure without middleware is called directly', () => {
  const slow = proceduresOf(todoRouter).filter((procedure) => plainSteps(procedure) === undefined)
  expect(slow).toEqual([])
})

test('a procedure with a middleware is called by tRPC', () => {
  const router = createTodoRouter(createProcedures((builder) => builder.use(({ next }) => next())))
  const direct = proceduresOf(router).filter((procedure) => plainSteps(procedure) !== undefined)
  expect(direct).toEqual([])
})
