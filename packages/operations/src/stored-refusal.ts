import { type Refusal, RefusalCode, RefusalError } from '@idem/contract/refusal'
import type { Outcome } from '@idem/idempotency/attempt'

/**
 * A refusal as it is stored. Another release may have stored it, so it is
 * replayed as text: today's schema would drop a member it does not know, and
 * turn a code it does not know into a 500 for as long as the key is kept.
 */
export class StoredRefusal extends Error {
  override readonly name = 'StoredRefusal'
  readonly text: string
  readonly replayed: boolean
  /** As stored, unless it is no status of an error; then it follows from the code. */
  readonly status: number | undefined

  constructor({ text, status, replayed }: Outcome) {
    super(sentenceFor(codeIn(text)))
    this.text = text
    this.replayed = replayed
    this.status = status !== undefined && status >= 400 && status <= 599 ? status : undefined
  }

  /** Undefined for a code this release does not know. */
  get code(): RefusalCode | undefined {
    return codeIn(this.text)
  }

  /** The members as they are stored; only the fields every release has may be relied on. */
  value(): Refusal {
    return Object(JSON.parse(this.text))
  }
}

/** The code in a stored refusal, if this release knows it. */
export function codeIn(text: string): RefusalCode | undefined {
  return RefusalCode.safeParse(Object(JSON.parse(text)).code).data
}

function sentenceFor(code: RefusalCode | undefined): string {
  if (code !== undefined) return new RefusalError(code).message
  return 'Another release of the server refused this; `refusal` says why and what to do next.'
}
