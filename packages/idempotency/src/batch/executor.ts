import type { IdempotencyRecord } from '../records/records.ts'
import type { BatchSettings, BatchSteps, PoolName } from './batch-settings.ts'
import type { StatementKind } from './split-batch.ts'
import type { Member } from './waiting-members.ts'

/** A row that the statement returned for a member. */
export type MemberRow = {
  /** The place of the member in the batch, from 1. */
  readonly at: number
} & (
  | { readonly state: 'executed' }
  | ({ readonly state: 'known' } & IdempotencyRecord)
  | { readonly state: 'outside'; readonly server_time: string }
  /** `existing` is the text of a JSON value. */
  | { readonly state: 'taken'; readonly existing: string | null }
)

/** Sends the statements of a batch, and returns a row for each member that they settle. */
export type Executor<Draft> = Readonly<
  Record<StatementKind, (batch: readonly Member<Draft>[], pool: PoolName) => Promise<MemberRow[]>>
>

export type CreateExecutor<Draft> = (
  steps: BatchSteps<Draft>,
  settings: BatchSettings<Draft>,
) => Executor<Draft>
