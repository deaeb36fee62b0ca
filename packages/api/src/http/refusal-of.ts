import { randomUUID } from 'node:crypto'
import { RefusalError } from '@idem/contract/refusal'

/** Called with each unexpected error; the answer holds only its correlation id. */
export type OnUnexpected = (refusal: RefusalError) => void

/** The refusal to answer an error with. An unexpected error's own message never leaves: it may hold anything. */
export function refusalOf(error: unknown): RefusalError {
  if (error instanceof RefusalError) return error
  return new RefusalError('unexpected', { correlationId: randomUUID() }, { cause: error })
}

export function reportUnexpected(refusal: RefusalError, report: OnUnexpected): void {
  if (refusal.refusal.code === 'unexpected') report(refusal)
}
