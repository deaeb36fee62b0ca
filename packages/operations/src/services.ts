import type { PrismaClient, Transaction } from '@idem/database/prisma'
import type { Idempotency, IdempotencyAdapter } from '@idem/idempotency'
import type { Batched, BatchPool, FailedBatch } from '@idem/idempotency/batch'
import type { TodoDraft } from '@idem/todos/todo-mutation'
import type { KeyedAttempt } from './keyed-attempt.ts'
import type { Limits } from './limits.ts'
import type { RefusalStatus } from './stored-refusal.ts'

export type OperationSettings = {
  readonly prisma: PrismaClient
  /** Limits for the work that runs at once on the pool of `prisma`. Default: its own; a metric needs the same object. */
  readonly limits?: Limits
  /** Separate connections for batches. */
  readonly batchPool: BatchPool
  /** Called for each statement of a batch that failed. */
  readonly onFailedBatch?: (failed: FailedBatch) => void
  /** The database's clock. */
  readonly now: () => Date
  readonly policy: { readonly retentionHours: number }
  /** Tombstones are purged after this time, so an older id cannot be checked for reuse. */
  readonly tombstoneRetentionDays: number
  /** Changes when the database is restored from a backup. */
  readonly ledgerEpoch: string
  /** The status stored with a refusal, for a release that does not know its code. */
  readonly refusalStatus: RefusalStatus
  /** Called when a keyed attempt has ended. */
  readonly onAttempt?: (attempt: KeyedAttempt) => void
}

/** Everything an operation may use. */
export type Services = OperationSettings & {
  readonly limits: Limits
  readonly adapter: IdempotencyAdapter<Transaction>
  readonly idempotency: Idempotency<Transaction>
  /** Changes of existing todos, of all operations, share their batches. */
  readonly changeInBatch: Batched<Transaction, TodoDraft>
}
