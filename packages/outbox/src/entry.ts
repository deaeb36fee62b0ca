/** The shape of entries this code writes. A page that meets a later one leaves the entry alone. */
export const entrySchema = 2

/** What the outbox reads in a refusal. Whatever else one carries is kept for the page. */
export type Advised = {
  readonly retry: Advice
  readonly retryAfterMs?: number | undefined
}

export type Advice = 'same_key' | 'new_key' | 'never' | 'ask_person'

/** Why an attempt did not end the matter. `no_answer` is unknown, not failed: the effect may be there. */
export type Trouble<Refused extends Advised = Advised> =
  | { readonly kind: 'no_answer'; readonly message: string }
  | { readonly kind: 'refused'; readonly refusal: Refused }
  /** The device's storage did not take what has to be written before sending, or afterwards. */
  | { readonly kind: 'storage'; readonly isFull: boolean }

/** Why only a person can decide. */
export type Question<Refused extends Advised = Advised> =
  | { readonly kind: 'refused'; readonly refusal: Refused }
  /** The server went back to a backup while it was unknown whether this had happened. */
  | { readonly kind: 'restored' }
  /** Made under this account, and not to be sent as another. */
  | { readonly kind: 'other_account'; readonly account: string }

export type StoredStatus<Refused extends Advised = Advised> =
  | { readonly state: 'queued' }
  | {
      readonly state: 'waiting'
      /** The whole wait. No clock, wherever it jumps, makes it longer. */
      readonly waitMs: number
      readonly retryAt: number
      /** The server named the time itself; only a person overrides it. */
      readonly named: boolean
      readonly lastError: Trouble<Refused>
    }
  | { readonly state: 'needs_person'; readonly question: Question<Refused> }

/** One intent on its way. Times are the device's clock, in milliseconds since 1970. */
export type Entry<Intent = unknown, Refused extends Advised = Advised> = {
  /** Its place in the order, given by the store. */
  readonly seq: number
  /** The key it was added under. Names the entry and never changes. */
  readonly id: string
  /** The key it is sent under. */
  readonly key: string
  /** Entries of one ordering key go one after another. */
  readonly orderingKey: string
  /** Under which it was made, and is sent. */
  readonly account: string
  readonly intent: Intent
  readonly addedAt: number
  /** What is sent, as JSON, frozen at the first sending. Without it the entry was never sent. */
  readonly body?: string
  /** Attempts at sending or cancelling it. At least so many: one that a dying page made is not counted. */
  readonly attempts: number
  /** Why the last attempt did not end it. */
  readonly lastError?: Trouble<Refused> | undefined
  /** Its key was once replaced on the server's advice; a second time a person is asked. */
  readonly reminted: boolean
  /** A person gave it up after it may have arrived: now its key is cancelled instead. */
  readonly isDiscarding: boolean
  readonly status: StoredStatus<Refused>
}

export type NewEntry = Omit<Entry, 'seq'>

/** An entry, or an intent, that this release does not know. It is left alone, and what comes after it waits. */
export type NewerEntry = {
  readonly isNewer: true
  readonly seq: number
  readonly id: string
  readonly orderingKey: string
}

export type StoredEntry = Entry | NewerEntry

export function isNewer(entry: StoredEntry): entry is NewerEntry {
  return 'isNewer' in entry
}

export function isKnown(entry: StoredEntry): entry is Entry {
  return !isNewer(entry)
}

/** Whether an entry is still what an attempt began with: under its key, and neither discarded nor before a person. */
export function isSame(now: Entry, then: Entry): boolean {
  return (
    now.key === then.key &&
    now.isDiscarding === then.isDiscarding &&
    now.status.state !== 'needs_person'
  )
}

/** The last answer of the server on an ordering key. */
export type Outcome<Intent = unknown, Answer = unknown> = {
  readonly orderingKey: string
  readonly intent: Intent
  readonly answer: Answer
  readonly settledAt: number
  /** A person had given it up, and it turned out to have happened. */
  readonly wasDiscarded: boolean
}

/** An operation that was answered, with what it took. */
export type Settled<Intent = unknown, Answer = unknown> = Outcome<Intent, Answer> &
  Pick<Entry, 'id' | 'key' | 'attempts'>

export type EntryStatus<Refused extends Advised = Advised> =
  | { readonly state: 'queued' }
  | { readonly state: 'sending' }
  | { readonly state: 'waiting'; readonly retryAt: number }
  | { readonly state: 'needs_person'; readonly question: Question<Refused> }

/** An entry as a page sees it. */
export type EntryView<Intent = unknown, Refused extends Advised = Advised> = {
  readonly id: string
  readonly key: string
  readonly orderingKey: string
  readonly intent: Intent
  readonly addedAt: number
  readonly isDiscarding: boolean
  /** Attempts at sending or cancelling it, including the one in progress. */
  readonly attempts: number
  /** Why the last attempt did not end it; kept while it is queued or sent again. */
  readonly lastError: Trouble<Refused> | undefined
  readonly status: EntryStatus<Refused>
}
