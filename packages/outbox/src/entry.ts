/** The shape of entries this code writes. A page that meets another leaves the entry alone. */
export const entrySchema = 1

/** What the outbox reads in a refusal. Whatever else one carries is kept for the page. */
export type Advised = {
  readonly retry: 'same_key' | 'new_key' | 'never' | 'ask_person'
  readonly retryAfterMs?: number | undefined
}

/** Why an attempt did not end the matter. `no_answer` is unknown, not failed: the effect may be there. */
export type Trouble<Refused extends Advised = Advised> =
  | { readonly kind: 'no_answer'; readonly message: string }
  | { readonly kind: 'refused'; readonly refusal: Refused }

export type Standing<Refused extends Advised = Advised> =
  | { readonly state: 'queued' }
  | {
      readonly state: 'waiting'
      readonly since: number
      readonly retryAt: number
      /** The server named the time itself; only a person overrides it. */
      readonly named: boolean
      readonly lastError: Trouble<Refused>
    }
  | { readonly state: 'needs_person'; readonly refusal: Refused }

/** One intent on its way, as it lies in the store. Times are the device's clock, in milliseconds since 1970. */
export type Entry<Intent = unknown, Refused extends Advised = Advised> = {
  readonly schema: typeof entrySchema
  /** Its place in the order, given by the store. */
  readonly seq: number
  /** The key it was added under. Names the entry and never changes. */
  readonly id: string
  /** The key it is sent under. */
  readonly key: string
  /** What it is about. Entries of one ordering key go one after another. */
  readonly orderingKey: string
  readonly intent: Intent
  readonly addedAt: number
  /** What is sent, as JSON, frozen at the first sending. Without it the entry was never sent. */
  readonly body?: string
  readonly attempts: number
  /** Its key was once replaced on the server's advice; a second time a person is asked. */
  readonly reminted: boolean
  readonly standing: Standing<Refused>
}

export type NewEntry = Omit<Entry, 'seq'>

/** The last word of the server on a orderingKey. */
export type Outcome<Intent = unknown, Answer = unknown> = {
  readonly orderingKey: string
  readonly intent: Intent
  readonly answer: Answer
  readonly settledAt: number
}

export type EntryStatus<Refused extends Advised = Advised> =
  | { readonly state: 'queued' }
  | {
      readonly state: 'sending'
      readonly attempts: number
      readonly lastError: Trouble<Refused> | undefined
    }
  | {
      readonly state: 'waiting'
      readonly retryAt: number
      readonly attempts: number
      readonly lastError: Trouble<Refused>
    }
  | { readonly state: 'needs_person'; readonly refusal: Refused }

/** An entry as a page sees it. */
export type EntryView<Intent = unknown, Refused extends Advised = Advised> = {
  readonly id: string
  readonly key: string
  readonly orderingKey: string
  readonly intent: Intent
  readonly addedAt: number
  readonly status: EntryStatus<Refused>
}
