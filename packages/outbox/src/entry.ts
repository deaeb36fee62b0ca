/** The version of the entries that this code writes. A page does not touch entries of a later version. */
export const entrySchema = 1

/** The members of a refusal that this package reads. All others are passed on to the page. */
export type Refusal = {
  readonly retry: RetryAdvice
  readonly retryAfterMs?: number | undefined
  /** For example `key_reused`. Only the server that owns the key sets one: what refuses in front of it knows nothing of earlier attempts. */
  readonly code?: string | undefined
  /** The server's clock, ISO 8601, in a refusal of a key because of its time. */
  readonly serverTime?: string | undefined
  readonly message?: string | undefined
}

export type RetryAdvice = 'same_key' | 'new_key' | 'never' | 'ask_person'

/** Why an attempt did not settle the intent. `no_answer` is unknown, not failed: it may have taken effect. */
export type FailureKind<Refused extends Refusal = Refusal> =
  | { readonly kind: 'no_answer'; readonly message: string }
  | { readonly kind: 'refused'; readonly refusal: Refused }
  /** The device's storage rejected a write that is needed before or after sending. */
  | { readonly kind: 'storage'; readonly isFull: boolean }

/** Why only a person can decide. */
export type Question<Refused extends Refusal = Refusal> =
  | { readonly kind: 'refused'; readonly refusal: Refused }
  /** The server was restored from a backup while the outcome was unknown. */
  | { readonly kind: 'restored' }
  /** Added under this account; it must not be sent under another. */
  | { readonly kind: 'other_account'; readonly account: string }

export type StoredStatus<Refused extends Refusal = Refusal> =
  | { readonly state: 'queued' }
  | {
      readonly state: 'waiting'
      /** The length of the wait. A clock that is changed never makes it longer. */
      readonly waitMs: number
      readonly retryAt: number
      /** The server named the time itself; only a person overrides it. */
      readonly named: boolean
    }
  | { readonly state: 'needs_person'; readonly question: Question<Refused> }

/** A pending intent. Times are the device's clock, in milliseconds since 1970. */
export type Entry<Intent = unknown, Refused extends Refusal = Refusal> = {
  /** Its position in the order, assigned by the store. */
  readonly seq: number
  /** The key under which it was added. Identifies the entry and never changes. */
  readonly id: string
  /** The key under which it is sent. */
  readonly key: string
  /** Entries with the same ordering key are sent one after another. */
  readonly orderingKey: string
  /** The account under which it was added and is sent. */
  readonly account: string
  readonly intent: Intent
  readonly addedAt: number
  /** The body as JSON, frozen at the first attempt. Undefined: never sent. */
  readonly body?: string
  /** Attempts at sending or cancelling it. A lower bound: a page that dies does not count its last one. */
  readonly attempts: number
  /** Why the last attempt did not settle it. */
  readonly lastError?: FailureKind<Refused> | undefined
  /** Its key was once replaced on the server's advice; a second time a person is asked. */
  readonly reminted: boolean
  /** How often another body was sent after a refusal. */
  readonly revisions?: number
  /** A person discarded it after it may have arrived, so its key is cancelled. */
  readonly isDiscarding: boolean
  /**
   * An attempt that has no answer may have taken effect. On disk from the moment at which
   * the first attempt may leave, because a page that dies does not record it.
   */
  readonly isUnknown: boolean
  readonly status: StoredStatus<Refused>
}

export type NewEntry = Omit<Entry, 'seq'>

/** An entry or intent that this release does not know. It is not touched, and later entries of its ordering key wait. */
export type NewerEntry = {
  readonly isNewer: true
  readonly seq: number
  readonly id: string
  readonly orderingKey: string
}

export type StoredEntry = Entry | NewerEntry

export function isKnown(entry: StoredEntry): entry is Entry {
  return !('isNewer' in entry)
}

/** Whether an entry is unchanged since an attempt began: same key, not discarded since, not waiting for a person. */
export function isSame(now: Entry, then: Entry): boolean {
  return (
    now.key === then.key &&
    now.isDiscarding === then.isDiscarding &&
    now.status.state !== 'needs_person'
  )
}

/** The last answer of the server for an ordering key. */
export type Outcome<Intent = unknown, Answer = unknown> = {
  readonly orderingKey: string
  readonly intent: Intent
  readonly answer: Answer
  readonly settledAt: number
  /** A person had discarded it, but it had taken effect. */
  readonly wasDiscarded: boolean
}

/** An answered operation and its number of attempts. */
export type Settled<Intent = unknown, Answer = unknown> = Outcome<Intent, Answer> &
  Pick<Entry, 'id' | 'key' | 'attempts'>

export type EntryStatus<Refused extends Refusal = Refusal> =
  | { readonly state: 'queued' }
  | { readonly state: 'sending' }
  | { readonly state: 'waiting'; readonly retryAt: number }
  | { readonly state: 'needs_person'; readonly question: Question<Refused> }

/** An entry as a page sees it. */
export type EntryView<Intent = unknown, Refused extends Refusal = Refusal> = {
  readonly id: string
  readonly key: string
  readonly orderingKey: string
  readonly intent: Intent
  readonly addedAt: number
  readonly isDiscarding: boolean
  /** It may have taken effect, although the server has not said so: an attempt has no answer. */
  readonly isUnknown: boolean
  /** Attempts at sending or cancelling it, including the one in progress. */
  readonly attempts: number
  /** Why the last attempt did not settle it; kept while it is queued or sent again. */
  readonly lastError: FailureKind<Refused> | undefined
  readonly status: EntryStatus<Refused>
}
