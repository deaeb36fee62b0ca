export type Row = Record<string, unknown>

/** Runs one statement, inside the transaction it was handed with; values are bound as $1, $2, … */
export type Query = (text: string, values: readonly unknown[]) => Promise<Row[]>

/** What the package needs of a library that reaches PostgreSQL. `Tx` is what that library calls a transaction. */
export type IdempotencyAdapter<Tx> = {
  /**
   * Opens a READ COMMITTED transaction, commits when `work` resolves and rolls
   * back when it rejects. Rejects when the work or the commit does; nothing may
   * be committed after the work rejected.
   */
  transaction<T>(work: (tx: Tx, query: Query) => Promise<T>): Promise<T>
  /**
   * Called with the transaction of an effect that has failed or declined, before
   * what it did is rolled back. From then on what the effect left running sends
   * nothing more through `tx`, while `query` goes on; resolves when all that was
   * sent before has reached the connection. Never rejects. Without it, a branch of
   * a declined effect that still writes is committed with the refusal.
   */
  revoke?(tx: Tx): Promise<void> | void
  /**
   * The SQLSTATE of an error or of one of its causes, or the code of Node's
   * socket error; undefined when there is neither. Three names stand for what has
   * no code: `pool_wait` (no connection in time, so nothing was sent),
   * `connection_lost` (what had been sent may have been done) and
   * `transaction_timeout` (rolled back at a time limit of the library, because
   * the effect took too long; it is not run again).
   */
  codeOf(error: unknown): string | undefined
}
