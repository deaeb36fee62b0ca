import type { IdempotencyError } from '../idempotency-error.ts'
import { type Refusal, refusalOf } from '../refusal.ts'

/** The state that a refused submission returns. A state with a `message` has room for it. */
export type Refused = {
  readonly message: string
  readonly refusal: Refusal & {
    /** The key of the submission. After a refusal with the advice `same_key` the form must send it again. */
    readonly key: string
  }
}

export function refused(error: IdempotencyError, key: string): Refused {
  return { message: error.message, refusal: { ...refusalOf(error), key } }
}

/** Next hides the message of an error from the page, but not its digest. */
export function withDigest(error: IdempotencyError): IdempotencyError {
  const { code, retry } = error
  return Object.assign(error, { digest: `IDEM_REFUSAL;${code};${retry}` })
}
