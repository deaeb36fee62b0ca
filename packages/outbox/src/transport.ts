import type { Advised } from './entry.ts'

/** What goes out in one attempt. Key and body are the same in every attempt of an intent. */
export type Outgoing<Intent = unknown> = {
  readonly key: string
  readonly intent: Intent
  /** JSON, as frozen at the first attempt. */
  readonly body: string
  /** This one included. */
  readonly attempts: number
  /** Under which the intent was made. */
  readonly account: string
}

export type Frozen<Refused extends Advised = Advised> =
  | { readonly state: 'frozen'; readonly body: unknown }
  | { readonly state: 'refused'; readonly refusal: Refused }

/** After it, the key can have no further effect; `answered`: it has had one before. */
export type Cancelled<Answer = unknown> =
  | { readonly state: 'cancelled' }
  | { readonly state: 'answered'; readonly answer: Answer }

/** What the outbox does not know: how an intent is sent, and what one is. Only `send` is required. */
export type Transport<Intent = unknown, Answer = unknown, Refused extends Advised = Advised> = {
  /**
   * One attempt. Resolves with the answer of the server. Rejects for everything
   * else: a refusal (see `refusalOf`), an abort, a time-out, a lost connection, a
   * body it cannot read. Ends when the signal aborts, after 13 s at the latest.
   */
  send(outgoing: Outgoing<Intent>, signal: AbortSignal): Promise<Answer>

  /**
   * The refusal in what `send` or `cancel` rejected with; undefined when the
   * server has not refused, so that nothing is known and it is sent again.
   * Default: nothing is a refusal.
   */
  refusalOf?(error: unknown): Refused | undefined

  /**
   * What to send for an intent, called once, just before the first attempt.
   * `predecessor` is the last answer on this ordering key that this outbox got
   * and still knows: versions come from there, never from a guess. May refuse,
   * if there is nothing true to send. Must be quick and free of effects.
   * Default: the intent itself.
   */
  freeze?(intent: Intent, predecessor: Answer | undefined): Frozen<Refused>

  /**
   * Called once when the server advises a new key: resolves with it, or with
   * undefined when a person should decide first. If it rejects, the old key is
   * tried again later. Default: a person decides.
   */
  remint?(outgoing: Outgoing<Intent>, refusal: Refused): Promise<string | undefined>

  /**
   * Cancels the key of an intent that a person gave up, and says whether it had
   * happened. Rejects like `send`. Default: what may have arrived cannot be
   * discarded.
   */
  cancel?(outgoing: Outgoing<Intent>, signal: AbortSignal): Promise<Cancelled<Answer>>

  /**
   * The server's ledger epoch, which changes when it is restored from a backup.
   * Asked before an intent is sent again. Default: nothing is asked.
   */
  readEpoch?(signal: AbortSignal): Promise<string>

  /**
   * Whether this release can show and send the intent. One of another release is
   * left alone, and counted in the snapshot. Default: everything.
   */
  accepts?(intent: unknown): boolean

  /** An intent of an earlier release, never sent yet, as this release would make it. Default: as it is. */
  migrate?(intent: unknown): unknown

  /** Whether this release can read the answer. One that it cannot read counts as none. Default: everything. */
  acceptsAnswer?(answer: unknown): boolean
}
