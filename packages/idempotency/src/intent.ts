/** One decision to do something, as an attempt sends it. */
export type Intent = Pick<KeyName, 'owner'> & {
  /** Without one the attempt is an intent of its own: a key is minted for it, and a repeated call has a second effect. */
  readonly key?: string | undefined
  /** The operation's name. It is compared together with the input, so one key cannot name two intents. */
  readonly operation: string
  /** The input as it arrived, without the key. Not parsed: a new default in the schema would make an old retry a mismatch. */
  readonly input?: unknown
}

/** A key belongs to an owner: two owners may use the same key independently. */
export type KeyName = {
  readonly owner: string
  readonly key: string
}
