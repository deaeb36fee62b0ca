import { RefusalError } from '@idem/contract/refusal'
import { IdempotencyError, type Json } from '@idem/idempotency'

/** The refusal for an attempt with which nothing could be done; any other error is returned as it is. */
export function asRefusal(error: unknown, isRepeatable: boolean): unknown {
  if (!(error instanceof IdempotencyError)) return error
  const { code, serverTime, began, retryAfterMs } = error
  const details = {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    // Without a key nobody can tell whether what had begun has happened.
    ...(code === 'unavailable' && began && !isRepeatable ? { retry: 'ask_person' as const } : {}),
    ...(serverTime === undefined ? {} : { serverTime: serverTime.toISOString() }),
  }
  return new RefusalError(code, details, { cause: error })
}

/** For a call whose end is not known, or not waited for. */
export function unavailable(isRepeatable: boolean): unknown {
  return asRefusal(new IdempotencyError('unavailable'), isRepeatable)
}

/** Refusals that are stored with their key; every other error rolls back and leaves the key free. */
const stored = new Set(['not_found', 'version_conflict', 'id_taken'])

export function refusalToStore(error: unknown): Json | undefined {
  return isStored(error) ? error.refusal : undefined
}

export function isStored(error: unknown): error is RefusalError {
  return error instanceof RefusalError && stored.has(error.refusal.code)
}
