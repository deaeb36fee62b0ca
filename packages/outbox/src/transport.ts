import type { Advised } from './entry.ts'

/** What goes out in one attempt. Key and body are the same in every attempt of an intent. */
export type Outgoing<Intent = unknown> = {
  readonly key: string
  readonly intent: Intent
  /** JSON, as frozen at the first attempt. */
  readonly body: string
  /** This one included. */
  readonly attempts: number
}

/** What the server said. Anything else is no answer, and `send` rejects. */
export type Sent<Answer = unknown, Refused extends Advised = Advised> =
  | { readonly state: 'answered'; readonly answer: Answer }
  | { readonly state: 'refused'; readonly refusal: Refused }

export type Frozen<Refused extends Advised = Advised> =
  | { readonly state: 'frozen'; readonly body: unknown }
  | { readonly state: 'refused'; readonly refusal: Refused }

/** What the outbox does not know: how an intent is sent, and what one is. */
export type Transport<Intent = unknown, Answer = unknown, Refused extends Advised = Advised> = {
  /**
   * One attempt. Resolves with what the server said and rejects for everything
   * else: an abort, a time-out, a lost connection, a body it cannot read. Ends
   * when the signal aborts, after 13 s at the latest.
   */
  send(outgoing: Outgoing<Intent>, signal: AbortSignal): Promise<Sent<Answer, Refused>>

  /**
   * What to send for an intent, called once, just before the first attempt.
   * `predecessor` is the last answer on this orderingKey that this outbox heard and
   * still knows: versions come from there, never from a guess. May refuse, if
   * there is nothing true to send. Must be quick and free of effects.
   */
  freeze(intent: Intent, predecessor: Answer | undefined): Frozen<Refused>

  /**
   * Called once when the server advises a new key: resolves with it, or with
   * undefined when a person should decide first. If it rejects, the old key is
   * tried again later.
   */
  remint(outgoing: Outgoing<Intent>, refusal: Refused): Promise<string | undefined>
}
