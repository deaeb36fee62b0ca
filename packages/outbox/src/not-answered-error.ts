import type { Refusal } from './entry.ts'
import type { Ending } from './storage/history.ts'

/** An intent ended without an answer. */
export class NotAnsweredError<Refused extends Refusal = Refusal> extends Error {
  override readonly name = 'NotAnsweredError'
  /**
   * `discarded`: a person discarded it, and it has no effect. `unknown`: it may have one.
   * It was discarded after an attempt without an answer and without a `cancel`, or it
   * ended too long ago, or in a page of an old release.
   */
  declare readonly reason: 'discarded' | 'unknown'
  /** Why the server refused it, if that was its last answer. */
  declare readonly refusal: Refused | undefined

  constructor(ending: Ending | undefined) {
    super('No answer.')
    this.reason = ending && !ending.isUnknown ? 'discarded' : 'unknown'
    // Only a refusal has this member, with the value that `refusalOf` returned.
    this.refusal = Object(ending?.lastError).refusal
  }
}
