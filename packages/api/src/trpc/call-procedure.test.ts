import { expect, test } from 'vitest'
import { plainSteps } from './call-procedure.ts'
import { createProcedures } from './procedures.ts'
import { createTodoRouter, todoRouter } from './todo-router.ts'

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
