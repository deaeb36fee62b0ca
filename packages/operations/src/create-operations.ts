import { transactionsOf } from '@idem/database/prisma'
import { createIdempotency } from '@idem/idempotency'
import { changeTodoBatch } from '@idem/todos/change-todo-batch'
import { keyedAttempt } from './answers/keyed-attempt.ts'
import { StoredRefusal } from './answers/stored-refusal.ts'
import { refusalToStore } from './answers/to-refusal.ts'
import { cancel } from './cancel.ts'
import { createTodo } from './create-todo.ts'
import { createTodoWithoutKey } from './create-todo-without-key.ts'
import { deleteTodo } from './delete-todo.ts'
import { getTodo } from './get-todo.ts'
import type { OperationSettings, Services } from './intents/services.ts'
import { createLimits } from './limits/create-limits.ts'
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
  const { limits = createLimits() } = settings
  const adapter = transactionsOf(settings.prisma)
  const idempotency = createIdempotency({
    adapter,
    schema: 'public',
    retentionHours: settings.policy.retentionHours,
    storeError: refusalToStore,
    errorStatus(error) {
      const stored = refusalToStore(error)
      return stored === undefined ? undefined : settings.refusalStatus[stored.code]
    },
    restoreError: (_, stored) => new StoredRefusal(stored),
    // Every effect consists of rows of this database, which a rollback removes.
    rerun: true,
    onAttempt: (report) => settings.onAttempt?.(keyedAttempt(report)),
    clock: settings.now,
  })
  const changeInBatch = idempotency.batchedChange({
    ...changeTodoBatch,
    pool: settings.batchPool,
    name: 'changeTodo',
    onFailedBatch: settings.onFailedBatch,
  })
  return { ...settings, limits, adapter, idempotency, changeInBatch }
}
