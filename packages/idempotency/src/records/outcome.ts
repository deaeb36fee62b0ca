/** What is stored with a key, and replayed to every later attempt, to the byte. */
export type Outcome = {
  readonly kind: 'answer' | 'refusal'
  /** JSON, as stored. */
  readonly text: string
  /** The HTTP status stored with a refusal; without one it follows from what the text says. */
  readonly status?: number | undefined
  /** False for the one attempt that had the effect. */
  readonly replayed: boolean
}

/** Anything that parses, a zod schema for one; throws on a value that does not fit. */
export type Parser = { parse(value: unknown): unknown }
