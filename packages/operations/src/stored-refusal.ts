import { type Refusal, RefusalCode, RefusalError } from '@idem/contract/refusal'
import type { StoredError } from '@idem/idempotency'

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

/**
 * A refusal as it is stored, and thrown to every attempt. Another release may have stored it, so both APIs
 * send its text: the schema of this release would drop a member it does not know, and turn a code it does
 * not know into a 500 for as long as the key is kept.
 */
export class StoredRefusal extends Error {
  override readonly name = 'StoredRefusal'
  readonly stored: StoredError
  /** The stored members; only those that every release has are reliable. */
  readonly refusal: Refusal

  constructor(stored: StoredError) {
    super('The operation declined, and every attempt with this key gets this refusal.')
    this.stored = stored
    this.refusal = Object(JSON.parse(stored.text))
  }
}

/** The code in a stored refusal, when this release knows it. */
export function codeIn(text: string): RefusalCode | undefined {
  return RefusalCode.safeParse(Object(JSON.parse(text)).code).data
}
