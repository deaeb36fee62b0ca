import type { EntryView, Outcome, Refusal, Settled } from './entry.ts'
import type { Platform } from './platform.ts'
import type { ServerClock } from './server-clock.ts'
import type { Snapshot as StoreSnapshot } from './snapshot/snapshot.ts'
import type { Transport } from './transport.ts'

export type Outbox<Intent, Answer, Refused extends Refusal> = {
  /** Starts sending, including entries of earlier pages, until the returned function is called. Can be started again. */
  start(): () => void
  /** Accepts an intent. It is in the snapshot at once. Adding a key again adds nothing. */
  add(submission: Submission<Intent>): Added<Answer>
  /**
   * Discards an entry, in any state. An entry that was never sent is removed at
   * once. Otherwise its key is cancelled, and the entry stays until the server has
   * answered; if it had taken effect, its outcome has `wasDiscarded`. If the transport
   * has no `cancel`, it is removed, and its answer rejects with the reason `unknown` if it
   * may have taken effect. Resolves with false for an entry of another release.
   */
  discard(id: string): Promise<boolean>
  /**
   * Removes an entry that was never sent, if it is the last of its ordering key. Resolves with whether it did:
   * otherwise the intent stays as it is.
   */
  takeBack(id: string): Promise<boolean>
  /** Sends an entry that needs a person once more, under its current key. */
  retry(id: string): Promise<void>
  /** Ends all waits, also those that the server asked for. For a button that a person presses. */
  retryNow(): void
  /**
   * Tells that the server has answered something else, for example a read: then what waits
   * after an attempt without an answer is sent at once. A wait that the server asked for goes on.
   */
  serverAnswered(): void
  /**
   * Takes the server's ledger epoch, wherever the app has read it. If it has
   * changed, the server was restored, and entries whose outcome is unknown need a
   * person.
   */
  learnEpoch(epoch: string): Promise<void>
  /** Removes outcomes from before that time (the device's clock, ms): a list that was requested later contains them. */
  forgetOutcomes(before: number): Promise<void>
  /**
   * Reads a small value that is stored in the same database: a draft, the last list.
   * Undefined if there is none. Another release may have written it, so check its shape.
   */
  readNote(name: string): Promise<unknown>
  /** Writes of one note are applied in the order of the calls. Undefined removes it. */
  writeNote(name: string, value: unknown): Promise<void>
  /** Reads and writes a note in one transaction, so that no other tab writes in between. It must be quick. */
  changeNote(name: string, change: (value: unknown) => unknown): Promise<void>
  /** For `useSyncExternalStore`: the same object until something changed. */
  getSnapshot(): Snapshot<Intent, Answer, Refused>
  subscribe(listener: () => void): () => void
}

/** `name` and `send` are enough. */
export type OutboxOptions<Intent, Answer, Refused extends Refusal> = Transport<
  Intent,
  Answer,
  Refused
> & {
  /** The name of the database, the locks and the channel between tabs: one outbox per name and site. */
  readonly name: string
  /**
   * The account to which intents belong. Entries of another account are not sent,
   * because the server would accept them as this one's; they need a person. Default: "".
   */
  readonly account?: string
  /** The server's clock, by which keys are minted. Learns from refusals. Default: one of its own. */
  readonly clock?: ServerClock
  readonly platform?: Partial<Platform>
}

export type Added<Answer> = {
  /** The key it was added under, which names the entry: see `discard`. */
  readonly key: string
  /**
   * Resolves when the intent is on the disk (or in memory, if the snapshot says
   * `durable: false`). From then on it is sent until it is answered, by this page
   * or a later one. Rejects with a `NotWrittenError` when it could not be written:
   * then this page never sends it, and it is no longer in the snapshot, so return the
   * text to the person. If a failing storage cannot tell whether it was written,
   * it is removed unsent as soon as this page finds it.
   */
  readonly written: Promise<void>
  /**
   * Resolves with the answer of the server, received by any tab, while this
   * page lives. Rejects with a `NotAnsweredError` when the intent was discarded,
   * and with the `NotWrittenError` of `written`. Pending as long as the intent:
   * a refused one until a person has decided. Ignoring it is safe.
   */
  readonly answer: Promise<Answer>
}

export type Submission<Intent> = {
  /**
   * Minted for this submission, and for no other. Default: a UUIDv7 by the server's clock, as
   * far as it is known. Pass one to submit the same intent again after a failure.
   */
  readonly key?: string
  /** Entries with the same ordering key are sent one after another. Default: the key, so that it waits for no other. */
  readonly orderingKey?: string
  /** Plain data. Stored unchanged in this browser until it is settled. */
  readonly intent: Intent
  /** The note that it was written in, for example a draft. Removed in the same transaction, so a crash leaves one of the two. */
  readonly note?: string
}

export type Snapshot<Intent, Answer, Refused extends Refusal> = Omit<
  StoreSnapshot,
  'entries' | 'outcomes' | 'settled'
> & {
  readonly entries: readonly EntryView<Intent, Refused>[]
  readonly outcomes: readonly Outcome<Intent, Answer>[]
  readonly settled: readonly Settled<Intent, Answer>[]
}
