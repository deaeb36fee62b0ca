import type { KeyPolicy } from '../records/key-policy.ts'
import type { Parser } from '../records/outcome.ts'
import type { StoredErrorOptions } from '../stored-error.ts'
import type { StatementParts } from './batch-statement.ts'

/** How a hot operation is done for many attempts in one statement. */
export type BatchEffect<Draft> = Omit<StatementParts, 'existing'> & {
  /** The row and the answer of one attempt, made before the statement runs. */
  readonly prepare: (draft: Draft, now: Date) => Prepared
  /** The answer to an attempt that is `taken`. Without it, such an attempt runs alone. */
  readonly whenTaken?: WhenTaken<Draft> | undefined
}

export type WhenTaken<Draft> = {
  /** A SQL expression on `attempt`: what exists already, as the text of a JSON value. */
  readonly existing: string
  /** Makes the answer of that value, or throws the error by which the operation declines. Has no effect of its own. */
  readonly answer: (draft: Draft, existing: unknown) => unknown
}

export type Prepared = {
  readonly row: Readonly<Record<string, unknown>>
  readonly answer: unknown
  /** What two attempts of one batch may not share, such as an id the client chose; written in one way only, as PostgreSQL compares it. */
  readonly identity?: string | undefined
}

export type Statement = {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

/** `batches`: `batchesAtOnce` connections that give up a wait for a lock after 10 ms. `parts`: one more, which does after 2 ms. */
export type Lane = 'batches' | 'parts'

export type FailedBatch = {
  readonly operation: string
  readonly size: number
  /** The SQLSTATE, or the code of Node's socket error; `unknown` when the error has neither. */
  readonly sqlState: string
}

export type BatchSettings<Draft> = {
  /** Runs one statement by itself. The prepared statement of that name is kept by the connection. */
  readonly query: (statement: Statement, lane: Lane) => Promise<Record<string, unknown>[]>
  readonly operation: string
  readonly policy: KeyPolicy
  readonly answer: Parser
  readonly effect: BatchEffect<Draft>
  /** Which errors of `whenTaken` are stored. */
  readonly errors: StoredErrorOptions
  /** The database's clock. */
  readonly now: () => Date
  /** Called for each statement that failed, a part of a failed one too. What it throws is dropped. */
  readonly onFailedBatch?: ((failed: FailedBatch) => void) | undefined
}
