import type { Advised, EntryView, Outcome, Settled } from './entry.ts'
import type { Platform } from './platform.ts'
import type { Snapshot as StoreSnapshot } from './snapshot/snapshot-store.ts'
import type { Transport } from './transport.ts'

export type Outbox<Intent, Answer, Refused extends Advised> = {
  /** Takes up what earlier pages left and sends until the returned function is called. May be called again. */
  start(): () => void
  /** Accepts an intent. It is in the snapshot at once. Adding a key again adds nothing. */
  add(submission: Submission<Intent>): Added<Answer>
  /**
   * Gives an entry up, in whatever state it is. What was never sent is gone at
   * once. Of what may have arrived the key is cancelled, for which the entry
   * stays until the server has answered; if it had happened, its outcome says
   * `wasDiscarded`. False only where that is impossible: an entry of another
   * release, or one that was sent, and the transport cannot cancel.
   */
  discard(id: string): Promise<boolean>
  /** Sends an entry that needs a person once more, under the key it has. */
  retry(id: string): Promise<void>
  /** Ends all waiting. For a person: overrides what the server asked for. */
  retryNow(): void
  /**
   * The server's ledger epoch, wherever it was read. When it is another than
   * before, the server was restored, and what is unknown needs a person.
   */
  learnEpoch(epoch: string): Promise<void>
  /** Outcomes from before that time (the device's clock, ms) are no longer needed: a list asked for later holds them. */
  forgetOutcomes(before: number): Promise<void>
  /**
   * Small things to keep in the same place: a draft, the last list. Undefined
   * when there is none. Another release may have written it, so check its shape.
   */
  readNote(name: string): Promise<unknown>
  /** Notes written one after another end in that order. Undefined removes. */
  writeNote(name: string, value: unknown): Promise<void>
  /** For `useSyncExternalStore`: the same object until something changed. */
  getSnapshot(): Snapshot<Intent, Answer, Refused>
  subscribe(listener: () => void): () => void
}

/** `name` and `send` are enough. */
export type OutboxOptions<Intent, Answer, Refused extends Advised> = Transport<
  Intent,
  Answer,
  Refused
> & {
  /** Names the database, the locks and the channel between tabs: one outbox per name and site. */
  readonly name: string
  /**
   * Whose intents these are. Entries made under another account are not sent, for
   * the server would take them for this one's; they need a person. Default: "".
   */
  readonly account?: string
  readonly platform?: Partial<Platform>
}

export type Added<Answer> = {
  /** The key it was added under, which names the entry: see `discard`. */
  readonly key: string
  /**
   * Resolves when the intent is on the disk (or in memory, if the snapshot says
   * `durable: false`). From then on it is sent until it is answered, by this page
   * or a later one. Rejects with a `NotWrittenError` when it could not be
   * written: then it is never sent and no longer in the snapshot, so return the
   * text to the person.
   */
  readonly written: Promise<void>
  /**
   * Resolves with the answer of the server, whichever tab received it, while this
   * page lives. Rejects with a `NotAnsweredError` when the intent was discarded,
   * and with the `NotWrittenError` of `written`. Pending as long as the intent:
   * a refused one until a person has decided. Ignoring it is safe.
   */
  readonly answer: Promise<Answer>
}

export type Submission<Intent> = {
  /**
   * Minted for this submission, and for no other. Default: a UUIDv7 by the clock of the
   * device. Pass one to submit the same intent again after a failure, or to mint by the
   * server's clock.
   */
  readonly key?: string
  /** Entries of one ordering key are sent one after another. Default: the key, so that it waits for nothing. */
  readonly orderingKey?: string
  /** Plain data. Kept as it is, in this browser, until it is settled. */
  readonly intent: Intent
  /** The note it was made from: gone in the same transaction, so a crash leaves one of the two. */
  readonly note?: string
}

export type Snapshot<Intent, Answer, Refused extends Advised> = Omit<
  StoreSnapshot,
  'entries' | 'outcomes' | 'settled'
> & {
  readonly entries: readonly EntryView<Intent, Refused>[]
  readonly outcomes: readonly Outcome<Intent, Answer>[]
  readonly settled: readonly Settled<Intent, Answer>[]
}
