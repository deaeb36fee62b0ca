import { type Refusal, RefusalError } from '@idem/contract/refusal'
import { IdempotencyError } from '@idem/idempotency'
import { StoredRefusal } from './stored-refusal.ts'

type Call = {
  /** Whether sending the call again is harmless: it has a key, or only reads. */
  readonly isRepeatable: boolean
}

/** The refusal for an attempt that was neither executed nor replayed; any other error is returned unchanged. */
export function toRefusal(error: unknown, { isRepeatable }: Call): unknown {
  if (!(error instanceof IdempotencyError)) return error
  const { serverTime, began, ambiguous, retryAfterMs } = error
  // Without a key "send the same key again" is no advice, and an earlier try may have been committed.
  const code = ambiguous && !isRepeatable ? 'unavailable' : error.code
  const details = {
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    // Without a key the client cannot find out whether started work was committed.
    ...(code === 'unavailable' && began && !isRepeatable ? { retry: 'ask_person' as const } : {}),
    ...(serverTime === undefined ? {} : { serverTime: serverTime.toISOString() }),
  }
  const refused = new RefusalError(code, details, { cause: error })
  // With the time of this response, which is not stored.
  const text = JSON.stringify(refused.refusal)
  return error.replayed ? new StoredRefusal({ text, replayed: true }) : refused
}

/** For a call that took too long; its outcome is unknown. */
export function unavailable(call: Call): unknown {
  return toRefusal(new IdempotencyError('unavailable'), call)
}

/** Refusals that are stored with their key; any other error rolls back and leaves the key free. */
const storedCodes = ['not_found', 'version_conflict', 'id_taken'] as const

type StoredCode = (typeof storedCodes)[number]

export type RefusalStatus = Readonly<Record<StoredCode, number>>

/** The refusal that is stored for an error; undefined when none is. */
export function refusalToStore(
  error: unknown,
): (Refusal & { readonly code: StoredCode }) | undefined {
  if (!(error instanceof RefusalError)) return undefined
  const { refusal } = error
  const code = storedCodes.find((stored) => stored === refusal.code)
  return code === undefined ? undefined : { ...refusal, code }
}
