import type { Advised } from '../entry.ts'

/** A refusal of the server's part. */
export type CodedRefusal = Advised & {
  /** For example `key_reused`. */
  readonly code: string
  /** ISO 8601, in a refusal of a key because of its time. */
  readonly serverTime?: string
  /** With a refused form: the key under which it was submitted. */
  readonly key?: string
}

/**
 * The refusal that the server's part put into the data of a tRPC error (`idem`) or into
 * the body of an HTTP error (`refusal`). Undefined for an error of the application.
 */
export function receivedRefusal(from: unknown): CodedRefusal | undefined {
  const { refusal, idem = refusal } = Object(from)
  return typeof idem?.retry === 'string' ? idem : undefined
}
