import type { PrismaClient, Transaction } from '@idem/database/prisma'
import type { Transact } from '@idem/idempotency/attempt'
import type { BatchSettings } from '@idem/idempotency/batch-settings'
import type { KeyPolicy } from '@idem/idempotency/key-policy'
import type { Once } from '@idem/idempotency/once'
import type { KeySettings } from '@idem/idempotency/outcome-of'
import type { TodoDraft } from '@idem/todos/create-todo'
import type { KeyedAttempt } from '../answers/keyed-attempt.ts'
import type { RefusalStatus } from '../answers/to-refusal.ts'

export type OperationSettings = {
  readonly prisma: PrismaClient
  /** One statement of a batch, on a connection of its own. */
  readonly groupQuery: BatchSettings<TodoDraft>['query']
  /** Called for each statement of a batch that failed. */
  readonly onFailedBatch?: BatchSettings<TodoDraft>['onFailedBatch']
  /** The database's clock. */
  readonly now: () => Date
  readonly policy: KeyPolicy
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
export type Services = OperationSettings &
  Once<Transaction> & {
    readonly keys: Omit<KeySettings, 'transact'> & { readonly transact: Transact<Transaction> }
  }
