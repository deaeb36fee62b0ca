import { type RefusalCode, RefusalError } from '@idem/contract/refusal'
import { type AttemptReport, IdempotencyError } from '@idem/idempotency'
import { codeIn } from './stored-refusal.ts'

/** How one keyed attempt ended, for logs and metrics. It has no title and no key. */
export type KeyedAttempt = Omit<AttemptReport, 'owner' | 'error' | 'storedError'> & {
  /** The code of the refusal, also of a replayed one. `other` for a code of another release: log fields and labels come from a closed list. */
  readonly refusal: RefusalCode | 'other' | undefined
}

export function keyedAttempt(report: AttemptReport): KeyedAttempt {
  const { owner: _, error, storedError, ...shown } = report
  return { ...shown, refusal: refusalOf(report) }
}

function refusalOf({ outcome, storedError, error }: AttemptReport): KeyedAttempt['refusal'] {
  if (storedError !== undefined) return codeIn(storedError.text) ?? 'other'
  if (outcome === 'executed' || outcome === 'replayed') return undefined
  if (error instanceof IdempotencyError) return error.code
  return error instanceof RefusalError ? error.refusal.code : 'unexpected'
}
