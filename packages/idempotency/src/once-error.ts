/** Why an attempt was neither executed nor replayed. None of these changed anything that is known. */
export type OnceErrorCode =
  | 'key_reused'
  | 'cancelled'
  | 'in_flight'
  | 'key_expired'
  | 'key_from_future'
  | 'unavailable'

const sentences: Record<OnceErrorCode, string> = {
  key_reused: 'This key was used with another input or operation; a new intent needs a new key.',
  cancelled: 'This key was cancelled, so its intent will never have an effect.',
  in_flight: 'Another attempt with this key is in progress; send the same key again in a moment.',
  key_expired: 'This key is too old to be claimed; mint a new one.',
  key_from_future:
    "The time in this key is ahead of the server's clock; mint a new one by the server's clock.",
  unavailable: 'The database is temporarily unavailable; send the same key again.',
}

type Options = ErrorOptions & {
  readonly serverTime?: Date
  readonly doubtful?: boolean
  readonly began?: boolean
}

export class OnceError extends Error {
  override readonly name = 'OnceError'
  readonly code: OnceErrorCode
  /** The database's clock, with the two clock refusals. */
  readonly serverTime: Date | undefined
  /** A commit went unanswered, so it may have had its effect after all; only with `unavailable`. */
  readonly doubtful: boolean
  /** False when no statement of it reached the database, so that for certain nothing happened; only with `unavailable`. */
  readonly began: boolean

  constructor(code: OnceErrorCode, options: Options = {}) {
    super(sentences[code], options)
    this.code = code
    this.serverTime = options.serverTime
    this.doubtful = options.doubtful ?? false
    this.began = options.began ?? true
  }
}
