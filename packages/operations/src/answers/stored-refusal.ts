import { type Refusal, RefusalCode, RefusalError } from '@idem/contract/refusal'
import type { StoredError } from '@idem/idempotency'

/**
 * A refusal as it is stored. Another release may have stored it, so it is
 * replayed as text: the schema of this release would drop a member it does not
 * know, and turn a code it does not know into a 500 for as long as the key is
 * kept.
 */
export class StoredRefusal extends RefusalError {
  /** The stored members; only those that every release has are reliable. */
  override readonly refusal: Refusal
  /** Undefined when this release does not know the code. */
  readonly code: RefusalCode | undefined
  readonly text: string
  readonly replayed: boolean
  /** As stored; undefined when it is not the status of an error, and then it follows from the code. */
  readonly status: number | undefined

  constructor({ text, status, replayed }: StoredError) {
    const code = codeIn(text)
    super(code ?? 'unexpected')
    if (code === undefined) this.message = unknownCode
    this.refusal = Object(JSON.parse(text))
    this.code = code
    this.text = text
    this.replayed = replayed
    this.status = status !== undefined && status >= 400 && status <= 599 ? status : undefined
  }
}

/** The code in a stored refusal, when this release knows it. */
export function codeIn(text: string): RefusalCode | undefined {
  return RefusalCode.safeParse(Object(JSON.parse(text)).code).data
}

const unknownCode =
  'Another release of the server refused this; `refusal` contains the reason and the next step.'
