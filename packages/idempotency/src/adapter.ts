export type Row = Record<string, unknown>

/** Runs one statement in the transaction that it belongs to; values are bound as $1, $2, … */
export type Query = (text: string, values: readonly unknown[]) => Promise<Row[]>

export type Statement = {
  readonly text: string
  readonly values: readonly unknown[]
  /** No other text has it. A session that belongs to the connection may keep the plan under this name. */
  readonly name?: string
}

/** An adapter that sends several statements at once provides it: each round trip less is a wait less. */
export type Pipelining = {
  /** The number of rows that each statement of `opening` affected. */
  readonly opened: readonly number[]
  /** Called before the effect: from now on the transaction is committed only with the statement of `atCommit`. */
  readonly onClaim?: () => void
  /** Sends the statement together with COMMIT, which is not executed if the statement fails. */
  readonly atCommit: (statement: Statement) => void
}

/** The functions that connect the package with a PostgreSQL library. `Tx` is the transaction of that library. */
export type IdempotencyAdapter<Tx> = {
  /**
   * Opens a READ COMMITTED transaction, commits when `work` resolves and rolls
   * back when it rejects. Rejects when the work or the commit does; nothing may
   * be committed after the work rejected.
   *
   * Optional, and only together: an adapter may call `opening` once it has a
   * connection, send its statements with BEGIN, and pass their results to the work as
   * `pipelining`. If `opening` throws, nothing is sent, and the transaction rejects.
   */
  transaction<T>(
    work: (tx: Tx, query: Query, pipelining?: Pipelining) => Promise<T>,
    opening?: () => readonly Statement[],
  ): Promise<T>
  /**
   * Called with the transaction of an effect that has ended, before its outcome is
   * stored or its work is rolled back. From then on, code that the effect left running
   * sends nothing more through `tx`, while `query` still works. Resolves when all that
   * was sent before has reached the connection, ahead of the next `query` or commit.
   * Never rejects. Without it, a branch of a declined effect that still writes is
   * committed with the refusal.
   */
  revoke?(tx: Tx): Promise<void> | void
  /**
   * The SQLSTATE of an error or of one of its causes, or the code of Node's
   * socket error; undefined when there is neither. Four names replace missing
   * codes: `pool_wait` (no connection in time, so nothing was sent),
   * `connection_lost` (the statements sent before may have taken effect),
   * `transaction_timeout` (rolled back at a time limit of the library, because
   * the effect took too long; it is not run again) and `effect_escaped` (the
   * effect ended its own transaction).
   */
  codeOf(error: unknown): string | undefined
}
