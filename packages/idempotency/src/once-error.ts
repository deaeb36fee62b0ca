/** Why an attempt was neither executed nor replayed. None of these changed anything that is known. */
export type OnceErrorCode =
  | 'key_reused'
  | 'cancelled'
  | 'in_flight'
  | 'key_expired'
  | 'key_from_future'
  | 'unavailable'

const sentences: Record<OnceErrorCode, string> = {
  key_reused:
    'This key was used for another input or another operation; a new intent needs a new key.',
  cancelled: 'This key was cancelled, so its intent will never have an effect.',
  in_flight: 'Another attempt with this key is still under way; send it again in a moment.',
  key_expired: 'This key was minted too long ago to be claimed; mint a new one.',
  key_from_future:
    "This key was minted ahead of the server's clock; mint a new one on the server's clock.",
  unavailable: 'The database could not be asked; send the same key again.',
}

type Options = ErrorOptions & { readonly serverTime?: Date; readonly doubtful?: boolean }

export class OnceError extends Error {
  override readonly name = 'OnceError'
  readonly code: OnceErrorCode
  /** The database's clock, with the two clock refusals. */
  readonly serverTime: Date | undefined
  /** A commit went unanswered, so it may have had its effect after all; only with `unavailable`. */
  readonly doubtful: boolean

  constructor(code: OnceErrorCode, options: Options = {}) {
    super(sentences[code], options)
    this.code = code
    this.serverTime = options.serverTime
    this.doubtful = options.doubtful ?? false
  }
}
