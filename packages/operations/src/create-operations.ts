import { transactionsOf } from '@idem/database/prisma'
import { createIdempotency } from '@idem/idempotency'
import { changeTodoBatch } from '@idem/todos/change-todo'
import { keyedAttempt } from './keyed-attempt.ts'
import { createKeyOperations } from './keys.ts'
import { createLimits } from './limits.ts'
import { createReads } from './read-todos.ts'
import { createMutations, type Mutations } from './run-mutation.ts'
import type { OperationSettings, Services } from './services.ts'
import { refusalToStore, StoredRefusal } from './stored-refusal.ts'

export type Operations = Mutations &
  ReturnType<typeof createReads> &
  ReturnType<typeof createKeyOperations>

/**
 * Each operation once, for both APIs: it resolves with an answer or rejects with a `RefusalError`, a
 * `StoredRefusal` or an `IdempotencyError`; any other error is a bug.
 */
export function createOperations(settings: OperationSettings): Operations {
  const services = servicesOf(settings)
  return {
    ...createMutations(services),
    ...createReads(services),
    ...createKeyOperations(services),
  }
}

function servicesOf(settings: OperationSettings): Services {
  const { limits = createLimits(), batchPool: pool, onFailedBatch } = settings
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
    onAttempt(report) {
      if (!report.keyless) settings.onAttempt?.(keyedAttempt(report))
    },
    clock: settings.now,
  })
  const changeInBatch = idempotency.batchedChange({
    ...changeTodoBatch,
    pool,
    name: 'changeTodo',
    onFailedBatch,
  })
  return { ...settings, limits, adapter, idempotency, changeInBatch }
}
