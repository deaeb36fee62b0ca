import type { Advised } from './entry.ts'

/** An intent ended, and this page has no answer to it. */
export class NotAnsweredError<Refused extends Advised = Advised> extends Error {
  override readonly name = 'NotAnsweredError'
  /**
   * `discarded`: a person gave it up, and it has no effect. `unknown`: it ended in
   * another tab, so long ago or under such a release that this page cannot tell how.
   */
  readonly reason: 'discarded' | 'unknown'
  /** The last refusal of the server, if it refused. */
  readonly refusal: Refused | undefined

  constructor(reason: 'discarded' | 'unknown', refusal?: Refused) {
    super(
      reason === 'discarded'
        ? 'This was discarded, so it has no answer.'
        : 'It is no longer known on this device how this ended.',
    )
    this.reason = reason
    this.refusal = refusal
  }
}
