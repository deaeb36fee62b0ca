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
export type RetryAdvice = 'same_key' | 'new_key' | 'never' | 'ask_person'

/** A transaction takes milliseconds; a second leaves room for a slow one. */
const soonMs = 1_000

const known: Record<
  IdempotencyErrorCode,
  readonly [status: number, retry: RetryAdvice, sentence: string]
> = {
  in_flight: [
    409,
    'same_key',
    'Another attempt with this key is in progress; send the same key again in a moment.',
  ],
  key_reused: [
    422,
    'never',
    'This key was used with another input or operation; a new intent needs a new key.',
  ],
  key_expired: [412, 'new_key', 'This key is too old to be claimed; mint a new one.'],
  key_from_future: [
    412,
    'new_key',
    "The time in this key is ahead of the server's clock; mint a new one by the server's clock.",
  ],
  cancelled: [409, 'never', 'This key was cancelled, so its intent will never have an effect.'],
  unavailable: [
    503,
    'same_key',
    'No connection was free, the database did not respond, or the result of the commit is unknown; send the same key again.',
  ],
  key_missing: [
    400,
    'never',
    'An idempotency key is required: mint one per intent, preferably a UUIDv7, and send it with every attempt.',
  ],
  key_malformed: [
    400,
    'never',
    'A key is 1–255 visible ASCII characters without space, comma, quote or backslash.',
  ],
  effect_escaped: [
    500,
    'ask_person',
    'The effect lost the record of this key; check what it wrote.',
  ],
}

type Options = ErrorOptions & {
  readonly serverTime?: Date
  readonly replayed?: boolean
  readonly ambiguous?: boolean
  readonly began?: boolean
  readonly dropped?: boolean
  readonly keyless?: boolean
  /** Default: a second, when the same key may be sent again. */
  readonly retryAfterMs?: number
}

/** Thrown when an attempt can be neither executed nor replayed; `retry` is the next step of the client. */
export class IdempotencyError extends Error {
  override readonly name = 'IdempotencyError'
  declare readonly code: IdempotencyErrorCode
  /** For an API over HTTP. */
  declare readonly status: number
  /** An attempt without a key that has begun cannot be sent again, so its client has to ask a person. */
  declare readonly retry: RetryAdvice
  /** The earliest time to send the same key again; with `in_flight` and `unavailable`. */
  declare readonly retryAfterMs: number | undefined
  /** The database's clock, with the two clock refusals. */
  declare readonly serverTime: Date | undefined
  /** An earlier attempt was refused in the same way; only with a `key_from_future` that is stored. */
  declare readonly replayed: boolean
  /** A commit ended without an answer, so it may have had its effect after all; only with `unavailable` and `in_flight`. */
  declare readonly ambiguous: boolean
  /** False when none of its statements reached the database, so that certainly nothing happened; only with `unavailable`. */
  declare readonly began: boolean
  /** It had no waiting caller any more, so it was not begun; only with `unavailable`. */
  declare readonly dropped: boolean

  constructor(code: IdempotencyErrorCode, options: Options = {}) {
    const { keyless = false, ...facts } = options
    const usual = { replayed: false, ambiguous: false, began: true, dropped: false, ...facts }
    const [status, advice, sentence] = known[code]
    const asks = keyless && usual.began && advice !== 'never'
    super(asks ? withoutKey : sentence, facts)
    const retry = asks ? 'ask_person' : advice
    const retryAfterMs = retry === 'same_key' ? soonMs : undefined
    Object.assign(this, { code, status, retry, retryAfterMs, ...usual })
  }
}

const withoutKey =
  'The call had no idempotency key, and whether it had its effect may be unknown; look before you repeat it.'

/** Advises a client without a key, which cannot send its attempt again once that has begun. */
export function adviceWithoutKey(error: unknown): unknown {
  if (!(error instanceof IdempotencyError)) return error
  const { code, serverTime, replayed, ambiguous, began, dropped, cause } = error
  const facts = { replayed, ambiguous, began, dropped, cause, keyless: true }
  return new IdempotencyError(code, { ...facts, ...(serverTime && { serverTime }) })
}

/** Compares names: a bundler may load this package twice, and then there are two classes. */
export function isRefusal(error: unknown): error is IdempotencyError {
  return Object(error).name === 'IdempotencyError'
}
