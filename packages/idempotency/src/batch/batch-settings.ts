import type { KeyPolicy } from '../records/key-policy.ts'
import type { Parser } from '../records/outcome.ts'
import type { StoredErrorOptions } from '../stored-error.ts'
import type { StatementParts } from './batch-statement.ts'

/** How one statement executes a hot operation for many attempts. */
export type BatchEffect<Draft> = Omit<StatementParts, 'existing'> & {
  /** The row and the answer of one attempt, before the statement runs. */
  readonly prepare: (draft: Draft, now: Date) => Prepared
  /** The answer to an attempt that is `taken`. Without it, such an attempt runs alone. */
  readonly whenTaken?: WhenTaken<Draft> | undefined
}

export type WhenTaken<Draft> = {
  /** A SQL expression on `attempt`: the existing effect, as the text of a JSON value. */
  readonly existing: string
  /** Builds the answer from that value, or throws the error by which the operation declines. Has no effect of its own. */
  readonly answer: (draft: Draft, existing: unknown) => unknown
}

export type Prepared = {
  readonly row: Readonly<Record<string, ColumnValue>>
  readonly answer: unknown
  /** Two attempts of one batch must not share it: an id that the client chose, for example. Always in one spelling, as PostgreSQL compares it. */
  readonly identity?: string | undefined
}

/** Of one attempt. */
export type ColumnValue = string | number | boolean | null | undefined

export type Statement = {
  readonly name: string
  readonly text: string
  readonly values: readonly (ColumnValue | readonly ColumnValue[])[]
}

/** `batches`: `batchesAtOnce` connections that give up a wait for a lock after 10 ms. `parts`: one more, which gives up after 2 ms. */
export type Lane = 'batches' | 'parts'

export type FailedBatch = {
  readonly operation: string
  readonly size: number
  /** The SQLSTATE, or the code of Node's socket error; `unknown` when the error has neither. */
  readonly sqlState: string
}

export type BatchSettings<Draft> = {
  /** Runs one statement by itself. The connection keeps the prepared statement of that name. */
  readonly query: (statement: Statement, lane: Lane) => Promise<Record<string, unknown>[]>
  readonly operation: string
  readonly policy: KeyPolicy
  readonly answer: Parser
  readonly effect: BatchEffect<Draft>
  /** Which errors of `whenTaken` are stored. */
  readonly errors: StoredErrorOptions
  /** The database's clock. */
  readonly now: () => Date
  /** Called for each failed statement, also for a part of a batch. An error that it throws is ignored. */
  readonly onFailedBatch?: ((failed: FailedBatch) => void) | undefined
}
