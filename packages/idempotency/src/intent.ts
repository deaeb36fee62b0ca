/** One decision to do something, as one attempt sends it. */
export type Intent = KeyName & {
  /** What is to be done. It is compared with the input, so one key cannot name two things. */
  readonly operation: string
  /** The input as it arrived, less the key: not parsed, or tomorrow's default would make yesterday's retry a mismatch. */
  readonly input?: unknown
}

/** A key belongs to an owner: two owners may use the same key and never meet. */
export type KeyName = {
  readonly owner: string
  readonly key: string
}
