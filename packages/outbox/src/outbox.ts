import type { Advised, EntryView, Outcome } from './entry.ts'
import type { Platform } from './platform.ts'
import type { Snapshot as StoreSnapshot } from './snapshot-store.ts'
import type { Transport } from './transport.ts'

export type Outbox<Intent, Answer, Refused extends Advised> = {
  /** Takes up what earlier pages left and sends until the returned function is called. May be called again. */
  start(): () => void
  /**
   * Accepts an intent. It is in the snapshot at once; when the promise resolves
   * it is on the disk (or in memory, if the snapshot says `durable: false`) and
   * will be sent until it is answered, by this page or a later one, however
   * often that takes. Adding a key again adds nothing.
   *
   * @throws Error when it could not be written: it is not accepted, never sent
   * and no longer in the snapshot, so give the person the words back.
   */
  add(submission: Submission<Intent>): Promise<void>
  /**
   * Removes an entry that was never sent or was refused, so that nothing can
   * come of it. False when it may have reached the server: then it stays.
   */
  discard(id: string): Promise<boolean>
  /** Sends an entry that needs a person once more, under the key it has. */
  retry(id: string): Promise<void>
  /** Ends all waiting. For a person: overrides what the server asked for. */
  retryNow(): void
  /** Outcomes from before that time (the device's clock, ms) are no longer needed: a list asked for later holds them. */
  forgetOutcomes(before: number): Promise<void>
  /** Small things to keep in the same place: a draft, the last list. Undefined when there is none. */
  readNote(name: string): Promise<unknown>
  /** Notes written one after another end in that order. Undefined removes. */
  writeNote(name: string, value: unknown): Promise<void>
  /** For `useSyncExternalStore`: the same object until something changed. */
  getSnapshot(): Snapshot<Intent, Answer, Refused>
  subscribe(listener: () => void): () => void
}

export type OutboxOptions<Intent, Answer, Refused extends Advised> = Transport<
  Intent,
  Answer,
  Refused
> & {
  /** Names the database, the locks and the channel between tabs: one outbox per name and site. */
  readonly name: string
  readonly platform?: Partial<Platform>
}

export type Submission<Intent> = {
  /** Minted for this submission, and for no other. */
  readonly key: string
  /** What it is about. Entries of one ordering key are sent one after another. */
  readonly orderingKey: string
  /** Plain data. Kept as it is, in this browser, until it is settled. */
  readonly intent: Intent
  /** The note it was made from: gone in the same transaction, so a crash leaves one of the two. */
  readonly note?: string
}

export type Snapshot<Intent, Answer, Refused extends Advised> = Omit<
  StoreSnapshot,
  'entries' | 'outcomes'
> & {
  readonly entries: readonly EntryView<Intent, Refused>[]
  readonly outcomes: readonly Outcome<Intent, Answer>[]
}
