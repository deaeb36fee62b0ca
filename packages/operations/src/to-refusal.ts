import { type RefusalCode, RefusalError } from '@idem/contract/refusal'
import { OnceError } from '@idem/idempotency/once-error'

const tryAgainAfterMs = 1_000

/** The refusal for an attempt with which nothing could be done; any other error is returned as it is. */
export function asRefusal(error: unknown, isRepeatable: boolean): unknown {
  if (!(error instanceof OnceError)) return error
  const { code, serverTime, began } = error
  const details = {
    ...(code === 'in_flight' || code === 'unavailable' ? { retryAfterMs: tryAgainAfterMs } : {}),
    // Without a key nobody can tell whether what had begun has happened.
    ...(code === 'unavailable' && began && !isRepeatable ? { retry: 'ask_person' as const } : {}),
    ...(serverTime === undefined ? {} : { serverTime: serverTime.toISOString() }),
  }
  return new RefusalError(code, details, { cause: error })
}

/** For a call whose end is not known, or not waited for. */
export function unavailable(isRepeatable: boolean): unknown {
  return asRefusal(new OnceError('unavailable'), isRepeatable)
}

/** Refusals that are stored with their key; every other error rolls back and leaves the key free. */
const stored = new Set(['not_found', 'version_conflict', 'id_taken'])

export function refusalFor(
  error: unknown,
  statusOf: (code: RefusalCode) => number,
): { readonly text: string; readonly status: number } | undefined {
  if (!(error instanceof RefusalError) || !stored.has(error.refusal.code)) return undefined
  const { refusal } = error
  return { text: JSON.stringify(refusal), status: statusOf(refusal.code) }
}
