/** Why an attempt was neither executed nor replayed. As far as is known, nothing was changed, except with `effect_escaped`. */
export type IdempotencyErrorCode =
  | 'in_flight'
  | 'key_reused'
  | 'key_expired'
  | 'key_from_future'
  | 'cancelled'
  | 'unavailable'
  | 'key_missing'
  | 'key_malformed'
  | 'effect_escaped'

/** The next step of a client: send the same key again, use a new key, do nothing, or ask a person. */
export type Retry = 'same_key' | 'new_key' | 'never' | 'ask_person'

/** A transaction takes milliseconds; a second leaves room for a slow one. */
const soonMs = 1_000

const known: Record<
  IdempotencyErrorCode,
  {
    readonly status: number
    readonly retry: Retry
    readonly retryAfterMs?: number
    readonly sentence: string
  }
> = {
  in_flight: {
    status: 409,
    retry: 'same_key',
    retryAfterMs: soonMs,
    sentence: 'Another attempt with this key is in progress; send the same key again in a moment.',
  },
  key_reused: {
    status: 422,
    retry: 'never',
    sentence: 'This key was used with another input or operation; a new intent needs a new key.',
  },
  key_expired: {
    status: 412,
    retry: 'new_key',
    sentence: 'This key is too old to be claimed; mint a new one.',
  },
  key_from_future: {
    status: 412,
    retry: 'new_key',
    sentence:
      "The time in this key is ahead of the server's clock; mint a new one by the server's clock.",
  },
  cancelled: {
    status: 409,
    retry: 'never',
    sentence: 'This key was cancelled, so its intent will never have an effect.',
  },
  unavailable: {
    status: 503,
    retry: 'same_key',
    retryAfterMs: soonMs,
    sentence:
      'The attempt was not completed: no connection was free, the database did not respond, or the result of the commit is unknown. Send the same key again.',
  },
  key_missing: {
    status: 400,
    retry: 'never',
    sentence:
      'An idempotency key is required: mint one per intent, preferably a UUIDv7, and send it with every attempt.',
  },
  key_malformed: {
    status: 400,
    retry: 'never',
    sentence: 'A key is 1–255 visible ASCII characters without space, comma, quote or backslash.',
  },
  effect_escaped: {
    status: 500,
    retry: 'ask_person',
    sentence: 'The effect lost the record of this key; check what it wrote.',
  },
}

type Options = ErrorOptions & {
  readonly serverTime?: Date
  readonly replayed?: boolean
  readonly ambiguous?: boolean
  readonly began?: boolean
  readonly dropped?: boolean
}

/** Thrown when an attempt can be neither executed nor replayed; `retry` is the next step of the client. */
export class IdempotencyError extends Error {
  override readonly name = 'IdempotencyError'
  readonly code: IdempotencyErrorCode
  /** For an API over HTTP. */
  readonly status: number
  /** For an attempt with a key. */
  readonly retry: Retry
  /** The earliest time to send the same key again; with `in_flight` and `unavailable`. */
  readonly retryAfterMs: number | undefined
  /** The database's clock, with the two clock refusals. */
  readonly serverTime: Date | undefined
  /** An earlier attempt was refused in the same way; only with a `key_from_future` that is stored. */
  readonly replayed: boolean
  /** A commit ended without an answer, so it may have had its effect after all; only with `unavailable` and `in_flight`. */
  readonly ambiguous: boolean
  /** False when none of its statements reached the database, so that certainly nothing happened; only with `unavailable`. */
  readonly began: boolean
  /** It had no waiting caller any more, so it was not begun; only with `unavailable`. */
  readonly dropped: boolean

  constructor(code: IdempotencyErrorCode, options: Options = {}) {
    const { sentence, status, retry, retryAfterMs } = known[code]
    super(sentence, options)
    this.code = code
    this.status = status
    this.retry = retry
    this.retryAfterMs = retryAfterMs
    this.serverTime = options.serverTime
    this.replayed = options.replayed ?? false
    this.ambiguous = options.ambiguous ?? false
    this.began = options.began ?? true
    this.dropped = options.dropped ?? false
  }
}
