import type { Refusal } from '../entry.ts'

/** With a refused form: the key under which it was submitted. */
export type FormRefusal = Refusal & { readonly key?: string }

/**
 * The refusal that the server's part put into the data of a tRPC error (`idem`, or `refusal`) or
 * into the body of an HTTP error (`refusal`). Undefined for an error of the application.
 */
export function receivedRefusal(from: unknown): FormRefusal | undefined {
  const { refusal, idem = refusal } = Object(from)
  return typeof idem?.retry === 'string' ? idem : undefined
}
