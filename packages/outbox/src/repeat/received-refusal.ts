import type { Advised } from '../entry.ts'

/** A refusal with the code of the server's part, like `key_reused`. */
export type CodedRefusal = Advised & { readonly code: string }

/**
 * The refusal that the server's part put into the data of a tRPC error (`idem`) or into
 * the body of an HTTP error (`refusal`). Undefined for an error of the application.
 */
export function receivedRefusal(from: unknown): CodedRefusal | undefined {
  const { refusal, idem = refusal } = Object(from)
  return typeof idem?.retry === 'string' ? idem : undefined
}
