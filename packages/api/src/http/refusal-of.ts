import { randomUUID } from 'node:crypto'
import { RefusalError } from '@idem/contract/refusal'

/** Called with each unexpected error; the response contains only its correlation id. */
export type OnUnexpected = (refusal: RefusalError) => void

/** The refusal for an error. The message of an unexpected error is never sent: it may contain anything. */
export function refusalOf(error: unknown): RefusalError {
  if (error instanceof RefusalError) return error
  return new RefusalError('unexpected', { correlationId: randomUUID() }, { cause: error })
}

export function reportUnexpected(refusal: RefusalError, report: OnUnexpected): void {
  if (refusal.refusal.code === 'unexpected') report(refusal)
}
