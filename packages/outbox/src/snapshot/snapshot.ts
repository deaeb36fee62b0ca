import type { EntryView, NewerEntry, Outcome, Settled } from '../entry.ts'

export type Snapshot = {
  /** False until the storage was read for the first time. */
  readonly ready: boolean
  /** Whether entries survive the page. If not, the page should say so. */
  readonly durable: boolean
  /** In the order in which they were added, over all tabs. */
  readonly entries: readonly EntryView[]
  /** Entries of another release of the page that this one does not know. */
  readonly newer: readonly NewerEntry[]
  /** The last answer for each ordering key, until `forgetOutcomes`. */
  readonly outcomes: readonly Outcome[]
  /** Operations answered lately, oldest first: the last 50 of the last 24 hours. */
  readonly settled: readonly Settled[]
}

/** Before the storage was read. */
export const emptySnapshot = {
  ready: false,
  durable: false,
  entries: [],
  newer: [],
  outcomes: [],
  settled: [],
} satisfies Snapshot
