export { createOutbox } from './create-outbox.ts'
export type {
  EntryStatus,
  EntryView,
  FailureKind,
  NewerEntry,
  Outcome,
  Question,
  Refusal,
  RetryAdvice,
  Settled,
} from './entry.ts'
export { NotAnsweredError } from './not-answered-error.ts'
export { NotWrittenError } from './not-written-error.ts'
export type { Added, Outbox, OutboxOptions, Snapshot, Submission } from './outbox.ts'
export type { Platform } from './platform.ts'
export { refusalOf } from './repeat/refusal-of.ts'
export { createServerClock, type ServerClock } from './server-clock.ts'
export type { Cancelled, Frozen, Outgoing, Revision, Transport } from './transport.ts'
