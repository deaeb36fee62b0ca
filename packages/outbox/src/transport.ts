import type { Refusal, Settled } from './entry.ts'

/** The content of one attempt. Key and body are the same in every attempt of an intent. */
export type Outgoing<Intent = unknown> = {
  readonly key: string
  readonly intent: Intent
  /** JSON, as frozen at the first attempt. */
  readonly body: string
  /** Including this one. */
  readonly attempts: number
  /** An earlier attempt has no answer, so it may have taken effect. */
  readonly isUnknown: boolean
  /** The account under which the intent was added. */
  readonly account: string
}

export type Frozen<Refused extends Refusal = Refusal> =
  | { readonly state: 'frozen'; readonly body: unknown }
  | { readonly state: 'refused'; readonly refusal: Refused }

/** How an intent goes on that the server refused: under another key, with another body, or it is over. */
export type Revision<Answer = unknown> =
  | { readonly key: string; readonly body: unknown }
  | { readonly answer: Answer }

/** From now on the key can have no effect. `answered`: it had one before. */
export type Cancelled<Answer = unknown> =
  | { readonly state: 'cancelled' }
  | { readonly state: 'answered'; readonly answer: Answer }

/** The app supplies these: how intents are sent and read. Only `send` is required. */
export type Transport<Intent = unknown, Answer = unknown, Refused extends Refusal = Refusal> = {
  /**
   * Makes one attempt. Resolves with the answer of the server. Rejects for
   * everything else: a refusal (see `refusalOf`), an abort, a time-out, a lost
   * connection, an unreadable body. It may throw the `Response` itself. The signal aborts after 13 s.
   */
  send(outgoing: Outgoing<Intent>, signal: AbortSignal): Promise<Answer>

  /**
   * The refusal in an error of `send` or `cancel`. Undefined if the server has not
   * refused: then the outcome is unknown, and the intent is sent again. A response
   * that is not certainly from the server that owns the key (a proxy's 403) is a refusal
   * only while no earlier attempt `isUnknown`. Only for servers with refusals of their own:
   * the default reads those of `@idem/idempotency` in the errors of tRPC and in problem
   * documents, and takes the status 4xx of a first attempt, except 401, 408, 425 and 429, for
   * one. A thrown `Response` arrives as an error with its `status` and the members of its JSON.
   */
  refusalOf?(error: unknown, outgoing: Outgoing<Intent>): Refused | undefined

  /**
   * Returns the body of an intent. Called before the first attempt, in a
   * transaction, so it must be quick and free of effects. `predecessor` is the last
   * answer for this ordering key that this outbox still has: take versions from
   * there, never guess them. `settled` has the last 50 answered operations of all ordering
   * keys, oldest first. May refuse if there is nothing valid to send. Default: the intent
   * itself. Without a body, null is sent.
   */
  freeze?(
    intent: Intent,
    predecessor: Answer | undefined,
    settled: readonly Settled<Intent, Answer>[],
  ): Frozen<Refused>

  /**
   * Called once if the server advises a new key. Resolves with the key, or with
   * undefined if a person should decide first. If it rejects, or has not resolved after
   * 13 s, when the signal aborts, the old key is tried again later. Default: a key that
   * a wrong clock of the device put into the future is replaced, otherwise a person decides.
   */
  remint?(
    outgoing: Outgoing<Intent>,
    refusal: Refused,
    signal: AbortSignal,
  ): Promise<string | undefined>

  /**
   * Called if the server advises to ask a person, for a refusal that the app can settle by
   * itself: only of a code that the server stores, so that the key has no effect in any attempt.
   * Returns undefined if the person should be asked, as after five revisions of one intent.
   * Default: a person is always asked.
   */
  revise?(outgoing: Outgoing<Intent>, refusal: Refused): Revision<Answer> | undefined

  /**
   * Cancels the key of an intent that a person discarded, and resolves with the
   * answer if it had taken effect. Rejects like `send`. Default: an intent that may
   * have arrived is discarded without knowing whether it has taken effect.
   */
  cancel?(outgoing: Outgoing<Intent>, signal: AbortSignal): Promise<Cancelled<Answer>>

  /**
   * The server's ledger epoch, which changes when it is restored from a backup.
   * Read before an intent is sent again. Default: not read.
   */
  readEpoch?(signal: AbortSignal): Promise<string>

  /**
   * Whether this release can show and send the intent. An intent of another release
   * is not touched, and listed in the snapshot as `newer`. Default: every intent.
   */
  accepts?(intent: unknown): boolean

  /** Converts an intent of an earlier release that was never sent. Default: unchanged. */
  migrate?(intent: unknown): unknown

  /** Whether this release can read the answer. An unreadable one counts as no answer. Default: every answer. */
  acceptsAnswer?(answer: unknown): boolean
}
