import type { Claim, Outcome } from '../records/claim.ts'
import type { KeyPolicy } from '../records/key-policy.ts'
import type { HeldKeys } from '../run/single-flight.ts'
import type { StoredErrorOptions } from '../stored-error.ts'

/** The parts that an operation adds to the statement that executes many of its attempts. */
export type StatementParts = {
  /** The columns one attempt brings, by name, with their SQL types. A time is a `float8` of milliseconds since 1970. */
  readonly columns: Readonly<Record<string, 'boolean' | 'float8' | 'text' | 'uuid'>>
  /** A SQL condition on `attempt` and its columns: its effect exists already and must not happen again, or cannot happen now. */
  readonly taken: string
  /** A SQL expression on `attempt`: the text of what exists. */
  readonly existing: string
  /** Inserts, or changes, the rows of the attempts in `executed`, which has `owner_id`, `key` and the columns. Never with `on conflict`: that would store success for a row that was never inserted. */
  readonly insert: string
}

/**
 * The parts of statements on tables that a database distributes by owner. `$1::text[]` in them are the owners of the
 * batch, all of one shard: `todo.owner_id = any($1::text[])` beside the other conditions names that shard.
 */
export type DistributedParts = {
  /**
   * Reads what is stored: the identity of each attempt that has something, and the text of a JSON value. `$2` is an
   * array, the values of the column `by`. Plain: the database plans it on two nodes for each batch.
   */
  readonly stored: { readonly by: string; readonly text: string }
  /**
   * Inserts one row for each attempt, after `values`; or changes one for each, from `executed`. When the effect of an
   * attempt exists, or its row was changed since it was read, a constraint or the number of rows has to fail the batch.
   */
  readonly effect:
    | { readonly into: string; readonly row: (column: (name: string) => string) => string }
    | { readonly update: string }
}

/** How one statement executes a hot operation for many attempts, when the row and the answer follow from the call alone. */
export type BatchEffect<Draft> = Omit<StatementParts, 'existing'> & {
  /** The row and the answer of one attempt, before the statement runs. */
  readonly prepare: (draft: Draft, now: Date) => Prepared
  /** The answer to an attempt that is `taken`. Without it, such an attempt runs alone. */
  readonly whenTaken?: WhenTaken<Draft> | undefined
  /** Without it, every attempt on distributed tables runs alone. */
  readonly distributed?: DistributedParts | undefined
}

export type WhenTaken<Draft> = {
  /** A SQL expression on `attempt`: the existing effect, as the text of a JSON value. */
  readonly existing: string
  /** Builds the answer from that value, or throws the error by which the operation declines. Has no effect of its own. */
  readonly answer: (draft: Draft, existing: unknown) => unknown
}

/**
 * How two statements execute a hot operation for many attempts, when the answer depends on what is
 * stored: the first reads it, and the second makes each change if it is still the same.
 */
export type BatchChange<Draft> = Pick<StatementParts, 'columns'> & {
  /** The columns by which the stored row is found, and the identity of that row; undefined when there is none to change. */
  readonly find: (draft: Draft) => Found & { readonly identity: string | undefined }
  /** A SQL expression on `attempt`: what is stored, as the text of a JSON value, or null. Without locks. */
  readonly existing: string
  /** Decides by what is stored, or throws the error by which the operation declines. Has no effect of its own. */
  readonly change: (draft: Draft, existing: unknown, now: Date) => Decision
  /**
   * A SQL condition on `attempt`: what `change` decided by is still stored. It locks the row, with
   * `for update skip locked`, so that a row which another transaction has locked counts as changed. It
   * compares something that never returns to an earlier value, such as a version.
   */
  readonly unchanged: string
  /**
   * Changes one row for each attempt in `executed`, which has `owner_id`, `key` and the columns; without
   * `returning`. When it changes another number of rows, the batch is rolled back and its attempts run alone.
   */
  readonly update: string
  /** Without it, every attempt on distributed tables runs alone. */
  readonly distributed?: DistributedParts | undefined
}

export type BatchRow = Readonly<Record<string, ColumnValue>>

export type Found = {
  readonly row: BatchRow
  /**
   * Two attempts of one batch must not share it, whatever their owners: an id that the client chose, for
   * example. Always in one spelling, as PostgreSQL compares it.
   */
  readonly identity?: string | undefined
}

export type Prepared = Found & { readonly answer: unknown }

export type Decision = {
  readonly answer: unknown
  /**
   * A value, or null, for every column; those of `find` may be left out. When another is missing, the attempt
   * runs alone. Without `row` the answer is stored and nothing is changed.
   */
  readonly row?: BatchRow | undefined
}

export type ColumnValue = string | number | boolean | null | undefined

export type Statement = {
  readonly name: string
  readonly text: string
  readonly values: readonly (ColumnValue | readonly ColumnValue[])[]
}

/** Set on the pool `batches`: by then a duplicate in another process is usually committed. All others of the batch wait as long. */
export const batchLockTimeoutMs = 10

/** Set on the pool `parts`: some key is known to be held, and the only question is which one. */
export const partsLockTimeoutMs = 2

/** `batches`: `batchesAtOnce` connections that give up a wait for a lock after 10 ms. `parts`: one more, which gives up after 2 ms. */
export type PoolName = 'batches' | 'parts'

/** How a database distributes the tables by owner. */
export type Shards = {
  /** A stale answer costs time: a batch of several shards is slow, or runs alone. */
  readonly shardOf: (owner: string) => string
  /** Runs a batch when its node has room. Rejects when it has none; then the work was not called. */
  readonly inTurn: (shard: string, work: () => Promise<void>) => Promise<void>
}

export type Transactions = {
  /** Lends a connection, on which the work begins and commits a transaction. It is rolled back if the work rejects. */
  readonly transact: <T>(work: (send: Send) => Promise<T>, pool: PoolName) => Promise<T>
}

/** Sends statements in one message, in order, and returns the rows of each, all values as text. */
export type Send = (statements: readonly SentStatement[]) => Promise<SentRow[][]>

export type SentStatement = {
  readonly text: string
  readonly values: readonly (ColumnValue | readonly ColumnValue[])[]
}

export type SentRow = readonly (string | null)[]

/** Made by `batchPool` of `/batch`. It brings the implementation with it: who runs no batches does not load it. */
export type BatchPool = {
  /** Runs one statement by itself. The connection keeps the prepared statement of its name. */
  readonly query: (statement: Statement, pool: PoolName) => Promise<Record<string, unknown>[]>
  /** Only if the tables are distributed. */
  readonly shards?: (Shards & Transactions) | undefined
  /** Called by `createIdempotency`. */
  readonly createBatch: <Draft>(settings: BatchSettings<Draft>) => Join<Draft>
}

/** Resolves with the outcome, or with the reason why the attempt has to run alone. */
export type Join<Draft> = (claim: Claim, draft: Draft) => Promise<Outcome | Unsettled>

/**
 * Why an attempt has no outcome from its batch and runs alone. `held`: another
 * transaction holds the key or the id, and the attempt would wait for it.
 * `ambiguous`: the batch may have been committed, but its answer was lost.
 */
export type Unsettled = 'left_out' | 'held' | 'ambiguous'

export type FailedBatch = {
  readonly operation: string
  readonly size: number
  /** The SQLSTATE, or the code of Node's socket error; `unknown` when the error has neither. */
  readonly sqlState: string
}

/** What a batch does for each attempt; made from the definition of an operation. */
export type BatchSteps<Draft> = {
  readonly parts: StatementParts
  /** `execute`: the outcome follows from the call, and only an attempt that is left out is read. `read`: the outcome is decided by what is read. */
  readonly first: 'execute' | 'read'
  readonly prepare: (draft: Draft, now: Date) => Found & { readonly answer?: unknown }
  /** Without it no attempt on distributed tables is in a batch. */
  readonly distributed?: DistributedParts | undefined
  /** Without it an attempt whose effect exists runs alone. */
  readonly decide?: ((draft: Draft, existing: unknown, now: Date) => Decision) | undefined
}

export type BatchSettings<Draft> = {
  readonly pool: Pick<BatchPool, 'query' | 'shards'>
  readonly definition: BatchEffect<Draft> | BatchChange<Draft>
  /** The operation, or a name for several that share their batches. */
  readonly name: string
  readonly policy: KeyPolicy
  /** The JSON value of an answer; throws for one that is invalid or has none. */
  readonly toJson: (answer: unknown) => unknown
  /** Which errors of `decide` are stored. */
  readonly errors: StoredErrorOptions
  readonly codeOf: (error: unknown) => string | undefined
  /** Keys that were held a moment ago; shared with `runAlone`, which gets the `held` attempts. */
  readonly held: HeldKeys
  /** The database's clock. */
  readonly now: () => Date
  /** Called for each failed statement, also for a part of a batch. An error that it throws is ignored. */
  readonly onFailedBatch?: ((failed: FailedBatch) => void) | undefined
  /** Waits until a batch may be sent. Default: at once. */
  readonly inTurn?: (work: () => Promise<void>) => Promise<void>
}
