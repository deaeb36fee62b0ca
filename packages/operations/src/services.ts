import { type RefusalCode, RefusalError } from '@idem/contract/refusal'
import { type PrismaClient, type Transaction, transactionsOf } from '@idem/database/prisma'
import {
  type AttemptReport,
  createIdempotency,
  type Idempotency,
  type IdempotencyAdapter,
  IdempotencyError,
} from '@idem/idempotency'
import type { Batched, BatchPool, FailedBatch } from '@idem/idempotency/batch'
import { changeTodoBatch } from '@idem/todos/change-todo'
import type { TodoDraft } from '@idem/todos/todo'
import { createLimits, type Limits } from './limits.ts'
import { codeIn, type RefusalStatus, refusalToStore, StoredRefusal } from './stored-refusal.ts'

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
  /** Stays when the database is restored. A browser tells installations at one address apart by it. */
  readonly installationId: string
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

/** How one keyed attempt ended, for logs and metrics. It has no title and no key. */
export type KeyedAttempt = Omit<AttemptReport, 'owner' | 'error' | 'storedError'> & {
  /** The code of the refusal, also of a replayed one. `other` for a code of another release: log fields and labels come from a closed list. */
  readonly refusal: RefusalCode | 'other' | undefined
}

/** Sets the package up for this app: what is stored, what is reported, and the batch that changes share. */
export function createServices(settings: OperationSettings): Services {
  const { limits = createLimits(), batchPool: pool, onFailedBatch } = settings
  const adapter = transactionsOf(settings.prisma)
  const idempotency = createIdempotency({
    adapter,
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

export function keyedAttempt(report: AttemptReport): KeyedAttempt {
  const { owner: _, error, storedError, ...shown } = report
  return { ...shown, refusal: refusalOf(report) }
}

function refusalOf({ outcome, storedError, error }: AttemptReport): KeyedAttempt['refusal'] {
  if (storedError !== undefined) return codeIn(storedError.text) ?? 'other'
  if (outcome === 'executed' || outcome === 'replayed') return undefined
  if (error instanceof IdempotencyError) return error.code
  return error instanceof RefusalError ? error.refusal.code : 'unexpected'
}
