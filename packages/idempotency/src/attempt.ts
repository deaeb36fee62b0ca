/** One transmission of an intent. */
export type Attempt = {
  /** Whose key this is: two owners may use the same key and never meet. */
  readonly owner: string
  /** What is to be done. It is compared with the input, so one key cannot name two things. */
  readonly operation: string
  readonly key: string
  /** The input as it arrived, less the key: not parsed, or tomorrow's default would make yesterday's retry a mismatch. */
  readonly input: unknown
}

/** What the first attempt was told, and every later one is told again, to the byte. */
export type Outcome = {
  readonly kind: 'answer' | 'refusal'
  /** JSON, as stored. */
  readonly text: string
  /** The HTTP status stored with a refusal; without one it follows from what the text says. */
  readonly status?: number | undefined
  /** False for the one attempt that had the effect. */
  readonly replayed: boolean
}

export type Row = Record<string, unknown>

/** Runs one statement, inside the transaction it was handed with. */
export type Query = (text: string, values: readonly unknown[]) => Promise<Row[]>

/**
 * Opens a READ COMMITTED transaction of the caller's own library, hands it
 * over, and commits when the work resolves. Rejects when the work or the
 * commit does; nothing may be committed after the work rejected.
 */
export type Transact<Tx> = <T>(work: (tx: Tx, query: Query) => Promise<T>) => Promise<T>

/** Anything that parses, a zod schema for one; throws on a value that does not fit. */
export type Parser = { parse(value: unknown): unknown }
