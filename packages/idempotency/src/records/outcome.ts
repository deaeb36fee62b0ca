/** The outcome that is stored with a key and replayed to every later attempt, byte for byte. */
export type Outcome = {
  readonly kind: 'answer' | 'refusal'
  /** JSON, as stored. */
  readonly text: string
  /** The HTTP status stored with a refusal; without one it follows from the text. */
  readonly status?: number | undefined
  /** False for the one attempt that had the effect. */
  readonly replayed: boolean
}

/** Any parser, such as a zod schema; throws for a value that does not fit. */
export type Parser = { parse(value: unknown): unknown }
