import type { Transaction } from '@idem/database/prisma'
import { sqlStateOf } from '@idem/database/sql-state'
import { createOnce } from '@idem/idempotency/once'
import { keyedAttempt } from './answers/keyed-attempt.ts'
import { refusalFor } from './answers/to-refusal.ts'
import { cancel } from './cancel.ts'
import { createTodo } from './create-todo.ts'
import { createTodoWithoutKey } from './create-todo-without-key.ts'
import { deleteTodo } from './delete-todo.ts'
import { getTodo } from './get-todo.ts'
import type { OperationSettings, Services } from './intents/services.ts'
import { transactOn } from './intents/transact-on.ts'
import { listTodos } from './list-todos.ts'
import { outcomeOf } from './outcome-of.ts'
import { policy } from './policy.ts'
import { restoreTodo } from './restore-todo.ts'
import { updateTodo } from './update-todo.ts'

export type Operations = ReturnType<typeof createOperations>

/** Each operation once, for both APIs: it resolves with an answer or rejects with a `RefusalError`; any other error is a bug. */
export function createOperations(settings: OperationSettings) {
  const services = servicesOf(settings)
  return {
    createTodo: createTodo(services),
    createTodoWithoutKey: createTodoWithoutKey(services),
    deleteTodo: deleteTodo(services),
    restoreTodo: restoreTodo(services),
    updateTodo: updateTodo(services),
    getTodo: getTodo(services),
    listTodos: listTodos(services),
    outcomeOf: outcomeOf(services),
    cancel: cancel(services),
    policy: policy(services),
  }
}

function servicesOf(settings: OperationSettings): Services {
  const keys = {
    transact: transactOn(settings.prisma),
    policy: settings.policy,
    codeOf: sqlStateOf,
  }
  const once = createOnce<Transaction>({
    ...keys,
    refusalFor: (error) => refusalFor(error, settings.refusalStatus),
    // Every effect is rows of this database, and all of them go with its transaction.
    rerun: true,
    onAttempt: (report) => settings.onAttempt?.(keyedAttempt(report)),
  })
  return { ...settings, ...once, keys }
}
